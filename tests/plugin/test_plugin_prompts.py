"""Files of `[tool.llmcost.prompts]` are held to their size, whether a test touches them or not."""

import json

import pytest

from pytest_llmcost.cli import main

FOX = "The quick brown fox jumps over the lazy dog.\n"
"""10 tokens for gpt-4o, its line end not counted apart."""
TABLE = """
    [tool.llmcost]
    {top}
    [tool.llmcost.prompts]
    {prompts}
"""
TEST = """
    def test_nothing_is_called():
        pass
"""


def prepared(project, prompts, top=""):
    project.configure(TABLE.format(prompts=prompts, top=top))
    project.write("test_it.py", TEST)
    return project


def tokens_of(ran):
    return {one["path"]: one["tokens"] for one in ran.json["prompt_files"]}


def test_a_file_that_is_too_long_fails_the_run_without_any_test_of_it(project):
    project.write("prompts/support.md", FOX * 3)
    ran = prepared(project, '"prompts/*.md" = { max_tokens = 29 }').cost()
    assert tokens_of(ran) == {"prompts/support.md": 30}
    assert ran.status == 1
    assert ran.finding("budget.prompt_tokens") == {
        "severity": "error",
        "subject": "prompts/support.md",
        "limit": "29",
        "actual": "30",
        "message": "`prompts/support.md` uses 30 of 29 (tokens of the file for gpt-4o)",
        "location": "prompts/support.md:1",
    }
    assert ran.line("ERROR budget.prompt_tokens prompts/support.md", "(prompts/support.md:1)")
    assert ran.line("prompts/support.md ", "30", "29", "104%", "gpt-4o")
    assert prepared(project, '"prompts/*.md" = { max_tokens = 31 }').cost().status == 0


def test_equal_to_the_limit_passes_with_a_notice_and_near_it_is_a_warning(project):
    project.write("a.md", FOX * 3)
    equal = prepared(project, '"a.md" = { max_tokens = 30 }').cost()
    assert (equal.status, equal.rules("notice")) == (0, ["budget.prompt_tokens"])
    near = prepared(project, '"a.md" = { max_tokens = 33 }').cost()
    assert (near.status, near.rules("warning")) == (0, ["budget.prompt_tokens"])
    assert near.line("WARNING", "uses 30 of 33", "91% of the limit")
    assert prepared(project, '"a.md" = { max_tokens = 33 }', top="warn_at_percent = 95").cost().rules() == []


def test_limits_that_shall_not_fail_the_run_warn(project):
    project.write("a.md", FOX * 3)
    ran = prepared(project, '"a.md" = { max_tokens = 1 }\n    "b.md" = { max_tokens = 1 }', top="fail_on = []").cost()
    assert (ran.status, sorted(ran.rules("warning"))) == (0, ["budget.prompt_tokens", "uncounted"])


def test_an_estimate_is_held_by_its_upper_bound_and_says_so(project):
    project.write("a.md", FOX * 3)
    ran = prepared(project, '"a.md" = { max_tokens = 999, model = "claude-sonnet-4-5" }').cost()
    (file,) = ran.json["prompt_files"]
    tokens, upper = file["tokens"], file["tokens_upper"]
    assert (file["source"], ran.status) == ("scaled", 0)
    assert tokens < upper
    table = f'"a.md" = {{ max_tokens = {upper - 1}, model = "claude-sonnet-4-5" }}'
    ran = prepared(project, table).cost()
    assert ran.status == 1
    message = ran.finding("budget.prompt_tokens")["message"]
    assert f"uses {upper} of {upper - 1} (upper bound of about {tokens} tokens, estimated for claude" in message


def test_the_longest_literal_part_decides_which_limit_holds(project):
    for name in ("prompts/a.md", "prompts/long/a.md", "prompts/long/deep/b.md"):
        project.write(name, FOX * 3)
    table = '"prompts/*.md" = { max_tokens = 20 }\n    "prompts/long" = { max_tokens = 40, model = "gpt-4" }'
    ran = prepared(project, table).cost()
    assert [(one["path"], one["max_tokens"], one["model"]) for one in ran.json["prompt_files"]] == [
        ("prompts/a.md", 20, "gpt-4o"),
        ("prompts/long/a.md", 40, "gpt-4"),
        ("prompts/long/deep/b.md", 40, "gpt-4"),
    ]
    assert ran.finding("budget.prompt_tokens")["subject"] == "prompts/a.md"


def test_a_double_star_stands_for_no_folder_too(project):
    project.write("prompts/a.md", FOX)
    project.write("prompts/de/a.md", FOX)
    ran = prepared(project, '"prompts/**/*.md" = { max_tokens = 5 }').cost()
    assert ran.rules("error") == ["budget.prompt_tokens"] * 2


def test_two_patterns_of_equal_claim_are_an_error(project):
    project.write("ab.md", FOX)
    ran = prepared(project, '"ab*" = { max_tokens = 99 }\n    "*md" = { max_tokens = 1 }').cost()
    assert ran.status == 1
    assert ran.finding("equal-claim")["location"] == "ab.md:1"
    assert "`ab*` and `*md`" in ran.finding("equal-claim")["message"]


@pytest.mark.parametrize("pattern", ["promts/*.md", "prompts/support.txt", "absent"])
def test_a_pattern_that_matches_no_file_does_not_pass_in_silence(project, pattern):
    project.write("prompts/support.md", FOX)
    ran = prepared(project, f'"{pattern}" = {{ max_tokens = 99 }}').cost()
    assert (ran.status, ran.rules("error")) == (1, ["uncounted"])
    assert ran.line("ERROR uncounted", pattern, "correct the pattern, or remove it")


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"\xff\xfe\x00a", "is not UTF-8 text (byte 0)"), (b"GIF\x00\x00", "is a binary file")],
)
def test_a_file_that_is_no_text_does_not_pass_in_silence(project, data, why):
    project.write("prompts/a.md", FOX)
    (project.root / "prompts" / "b.md").write_bytes(data)
    ran = prepared(project, '"prompts/*.md" = { max_tokens = 99 }').cost()
    assert (ran.status, ran.rules("error")) == (1, ["uncounted"])
    finding = ran.finding("uncounted")
    assert (finding["subject"], finding["location"]) == ("prompts/b.md", "prompts/b.md:1")
    assert why in finding["message"]


def test_a_model_that_nobody_knows_does_not_pass_in_silence(project):
    project.write("a.md", FOX)
    ran = prepared(project, '"a.md" = { max_tokens = 99, model = "gpt4o" }').cost()
    assert (ran.status, ran.rules("error")) == (1, ["uncounted"])
    assert "`gpt4o`" in ran.finding("uncounted")["message"]
    table = '"a.md" = { max_tokens = 99, model = "gpt4o" }\n    [tool.llmcost.models]\n    gpt4o = "openai/gpt-4o"'
    assert prepared(project, table).cost().rules() == []


def test_the_text_is_in_no_output(project):
    project.write("a.md", FOX * 3)
    prepared(project, '"a.md" = { max_tokens = 1 }', top="store_text = true")
    ran = project.cost("--llmcost-report=html", "--llmcost-report=markdown", "--llmcost-report=term-calls")
    written = [(project.root / name).read_text("utf-8") for name in ("llmcost.json", "llmcost.md", "llmcost.html")]
    assert all("a.md" in text and "fox" not in text for text in [*written, "\n".join(ran.lines)])


def test_nothing_is_read_without_patterns_or_without_the_option(project):
    project.write("a.md", FOX)
    assert prepared(project, "").cost().json["prompt_files"] == []
    assert prepared(project, '"a.md" = { max_tokens = 1 }').run().status == 0


def test_files_are_counted_once_under_xdist(project):
    project.write("prompts/support.md", FOX * 3)
    prepared(project, '"prompts/*.md" = { max_tokens = 29 }')
    alone, spread = project.cost(), project.cost("-n", "2")
    assert spread.status == 1
    assert spread.json["prompt_files"] == alone.json["prompt_files"]
    assert spread.rules() == alone.rules() == ["budget.prompt_tokens"]


def test_the_baseline_knows_the_size_that_a_file_had(project):
    project.write("prompts/support.md", FOX * 3)
    prepared(project, '"prompts/*.md" = { max_tokens = 35 }').update()
    project.write("prompts/support.md", FOX * 4)
    ran = project.cost()
    assert ran.json["prompt_files"][0]["tokens_before"] == 30
    assert "uses 40 of 35 (tokens of the file for gpt-4o: 30 → 40)" in ran.finding("budget.prompt_tokens")["message"]
    assert ran.line("prompts/support.md ", "30", "40", "35")
    kept = json.loads((project.root / "llmcost-baseline.json").read_text("utf-8"))
    assert "fox" not in json.dumps(kept)


def test_a_run_file_is_a_baseline_of_prompt_files_too(project):
    project.write("a.md", FOX * 3)
    prepared(project, '"a.md" = { max_tokens = 99 }').cost()
    (project.root / "llmcost.json").rename(project.root / "base.json")
    project.write("a.md", FOX)
    assert project.cost("--llmcost-baseline=base.json").json["prompt_files"][0]["tokens_before"] == 30


def test_what_the_baseline_has_counted_needs_no_tokenizer(project):
    project.write("a.md", FOX * 3)
    project.write("conftest.py", "import sys\ndef pytest_unconfigure(): print('loaded', 'tiktoken' in sys.modules)")
    assert prepared(project, '"a.md" = { max_tokens = 99 }').update("-s").has("loaded True")
    assert project.cost("-s").has("loaded False")


def test_shards_record_and_their_sum_is_judged(project, monkeypatch, capsys):
    project.write("prompts/a.md", FOX * 3)
    (project.root / "prompts" / "b.md").write_bytes(b"\xff")
    prepared(project, '"prompts/*.md" = { max_tokens = 29 }\n    "absent/*" = { max_tokens = 1 }')
    monkeypatch.chdir(project.root)
    for name in ("one.json", "two.json"):
        assert project.cost("--llmcost-record-only").status == 0
        (project.root / "llmcost.json").rename(name)
    assert main(["check", "one.json"]) == 1
    assert main(["combine", "one.json", "two.json"]) == 0
    capsys.readouterr()
    assert main(["check", "llmcost.json"]) == 1
    out = capsys.readouterr().out
    assert [line.split()[1:3] for line in out.splitlines() if line.startswith("ERROR")] == [
        ["budget.prompt_tokens", "prompts/a.md:"],
        ["uncounted", "absent/*:"],
        ["uncounted", "prompts/b.md:"],
    ]


def test_the_place_is_annotated_and_in_sarif(project, monkeypatch, capsys):
    project.write("prompts/a.md", FOX * 3)
    prepared(project, '"prompts/*.md" = { max_tokens = 29 }').cost()
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["check", "llmcost.json"]) == 1
    assert "::error file=prompts/a.md,line=1,title=LLM cost%3A budget.prompt_tokens::" in capsys.readouterr().out
    assert main(["report", "llmcost.json", "--format", "sarif"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "prompts/a.md"
    assert place["physicalLocation"]["region"] == {"startLine": 1}

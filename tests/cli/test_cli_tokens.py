"""`llmcost tokens FILE…`: a row per prompt file, its limit and its price, and one line for what cannot be counted."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from decimal import Decimal
from importlib.metadata import version

import cmarkgfm
import pytest

from pytest_llmcost.cli import main

FOX = "The quick brown fox jumps over the lazy dog.\n"
"""10 tokens for gpt-4o."""

PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.prompts]
"prompts/*.md" = { max_tokens = 35 }
"prompts/claude/*" = { max_tokens = 99, model = "claude-sonnet-4-5" }

[tool.llmcost.prices."gpt-4o"]
input = 2
output = 8
cache_read = 0.5
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    for name, times in {"prompts/a.md": 3, "prompts/b.md": 4, "prompts/claude/c.j2": 2, "notes/n.yaml": 1}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FOX * times, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(capsys, *arguments, status=0):
    """The JSON of the command; what it wrote to standard error is empty unless the status is 2."""
    assert main(["tokens", *arguments, "--format", "json"]) == status
    out, err = capsys.readouterr()
    assert bool(err) is (status == 2)
    assert "fox" not in out + err
    return json.loads(out)


def test_each_file_has_its_tokens_its_model_its_limit_and_its_price(project, capsys):
    found = listed(capsys, "prompts/a.md")
    assert found["format"] == "pytest-llmcost/tokens"
    (row,) = found["files"]
    assert row | {"sha256": ""} == {
        "path": "prompts/a.md",
        "sha256": "",
        "model": "gpt-4o",
        "encoding": "o200k_base",
        "tokens": 30,
        "tokens_upper": 30,
        "source": "counted",
        "pattern": "prompts/*.md",
        "max_tokens": 35,
        "usd_per_1000_requests": "0.06",
        "cached_usd_per_1000_requests": "0.015",
        "price_note": "your price: gpt-4o",
    }
    book = {"source": "genai-prices", "version": version("genai-prices"), "as_of": "2026-11-01"}
    assert found["prices"].items() >= book.items()


def test_an_old_price_book_is_told(project, capsys):
    (project / "pyproject.toml").write_text("[tool.llmcost]\nprices_as_of = 2027-03-01\n", encoding="utf-8")
    assert listed(capsys, "prompts/a.md")["prices"]["age_days"] > 60
    assert main(["tokens", "prompts/a.md"]) == 0
    assert "of 2027-03-01, its newest price " in capsys.readouterr().out


def test_cached_input_without_a_price_of_its_own_is_told(project, capsys):
    (found,) = listed(capsys, "prompts/a.md", "--model", "chatgpt-4o-latest")["files"]
    assert found["usd_per_1000_requests"] == found["cached_usd_per_1000_requests"]
    assert found["price_note"].endswith("cached input priced as plain")


def test_a_model_without_a_price_is_told_once(project, capsys):
    assert main(["tokens", "prompts", "--model", "claude-sonet-4-5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [one for one in lines if "no price" in one]
    assert line.startswith('claude-sonet-4-5: no price: add [tool.llmcost.prices."claude-sonet-4-5"]')


def test_the_age_of_the_prices_is_told(project, capsys):
    table = (project / "pyproject.toml").read_text(encoding="utf-8").replace("2026-11-01", "2026-11-27")
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    assert main(["tokens", "prompts/a.md"]) == 0
    assert " of 2026-11-27, its newest price 18 days old, for 1,000 requests" in capsys.readouterr().out


def test_the_model_is_that_of_the_pattern_that_holds_the_file(project, capsys):
    found = listed(capsys, "prompts/claude", "notes/n.yaml")
    claude, other = found["files"]
    assert (claude["model"], claude["source"], claude["max_tokens"]) == ("claude-sonnet-4-5", "scaled", 99)
    assert claude["tokens"] < claude["tokens_upper"]
    assert Decimal(claude["cached_usd_per_1000_requests"]) < Decimal(claude["usd_per_1000_requests"])
    assert (other["model"], other["max_tokens"]) == ("gpt-4o", None)
    assert found["remarks"] == [
        "no model is named for `notes/n.yaml`: counted for `gpt-4o`; name one with --model, or by a pattern"
    ]


def test_a_file_above_its_limit_is_status_1(project, capsys):
    found = listed(capsys, "prompts", status=1)
    assert [one["path"] for one in found["files"]] == ["prompts/a.md", "prompts/b.md", "prompts/claude/c.j2"]
    assert found["too_long"] == 1
    assert found["total"]["tokens"] == sum(one["tokens"] for one in found["files"])
    assert found["total"]["tokens_upper"] == sum(one["tokens_upper"] for one in found["files"])
    assert Decimal(found["total"]["usd_per_1000_requests"]) == sum(
        Decimal(one["usd_per_1000_requests"]) for one in found["files"]
    )


def test_an_estimate_is_held_by_its_upper_bound(project, capsys):
    upper = listed(capsys, "prompts/claude/c.j2")["files"][0]["tokens_upper"]
    table = PROJECT.replace("max_tokens = 99", f"max_tokens = {upper - 1}")
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    assert listed(capsys, "prompts/claude/c.j2", status=1)["files"][0]["tokens"] < upper


def test_another_model_is_counted_and_not_held_to_the_limit(project, capsys):
    found = listed(capsys, "prompts/b.md", "--model", "gpt-4")
    assert (found["files"][0]["model"], found["files"][0]["encoding"]) == ("gpt-4", "cl100k_base")
    assert found["files"][0]["max_tokens"] is None
    assert found["remarks"] == ["the limit of `prompts/b.md` is in tokens of another model, so it is not held here"]
    assert listed(capsys, "prompts/b.md", "--model", "gpt-4o", status=1)["remarks"] == []


def test_what_has_no_price_is_unknown_and_never_0(project, capsys):
    found = listed(capsys, "prompts/a.md", "notes", "--model", "gpt-99-nobody-knows")
    assert {one["usd_per_1000_requests"] for one in found["files"]} == {None}
    assert found["total"]["usd_per_1000_requests"] is None
    assert "no price" in found["files"][0]["price_note"]


def test_globs_and_folders_name_each_file_once(project, capsys):
    found = listed(capsys, "prompts/*.md", "prompts", "./prompts/a.md", "**/*.yaml", status=1)
    assert [one["path"] for one in found["files"]] == [
        "prompts/a.md",
        "prompts/b.md",
        "prompts/claude/c.j2",
        "notes/n.yaml",
    ]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(project, capsys):
    (project / "x[ab].md").write_text(FOX, encoding="utf-8")
    (project / "xa.md").write_text(FOX, encoding="utf-8")
    assert [one["path"] for one in listed(capsys, "x[ab].md")["files"]] == ["x[ab].md"]


def test_of_a_folder_only_what_may_be_a_prompt_is_counted(project, capsys):
    (project / "prompts" / "logo.png").write_bytes(b"\x89PNG\x00")
    (project / "prompts" / ".secret").mkdir()
    (project / "prompts" / ".secret" / "d.md").write_text(FOX, encoding="utf-8")
    assert len(listed(capsys, "prompts", status=1)["files"]) == 3


def test_patterns_are_relative_to_the_folder_of_pyproject(project, capsys, monkeypatch):
    monkeypatch.chdir(project / "prompts")
    (row,) = listed(capsys, "a.md")["files"]
    assert (row["path"], row["pattern"]) == ("a.md", "prompts/*.md")


def test_standard_input_is_a_file_too(project, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FOX.encode())))
    (row,) = listed(capsys, "-")["files"]
    assert (row["path"], row["tokens"], row["max_tokens"]) == ("standard input", 10, None)


def test_what_cannot_be_counted_is_one_line_each_and_status_2_and_the_rest_is_listed(project, capsys):
    (project / "latin.md").write_bytes("na\xefve".encode("latin-1"))
    (project / "image.md").write_bytes(b"a\x00b")
    (project / "empty").mkdir()
    bad = ["latin.md", "image.md", "absent.md", "absent/*.md", "empty"]
    assert main(["tokens", *bad, "prompts/b.md", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert sorted(err.splitlines()) == [
        "llmcost: absent.md does not exist: name a file or a folder that does",
        "llmcost: absent/*.md matches no file",
        "llmcost: empty has no prompt file among its 0 files: name the file itself",
        "llmcost: image.md is a binary file",
        "llmcost: latin.md is not UTF-8 text (byte 2)",
    ]
    assert sorted(f"llmcost: {one}" for one in json.loads(out)["problems"]) == sorted(err.splitlines())
    assert [one["path"] for one in json.loads(out)["files"]] == ["prompts/b.md"]


def test_only_problems_draw_nothing(project, capsys):
    assert main(["tokens", "absent.md"]) == 2
    assert capsys.readouterr() == ("", "llmcost: absent.md does not exist: name a file or a folder that does\n")


def test_a_model_that_nobody_knows_is_one_line_and_status_2(project, capsys):
    assert main(["tokens", "prompts", "--model", "gpt4o"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("llmcost: --model: nothing is known of how 'gpt4o' counts tokens; correct its name")
    table = PROJECT.replace("claude-sonnet-4-5", "clade-sonnet")
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    found = listed(capsys, "prompts/a.md", "prompts/claude/c.j2", status=2)
    assert [one["path"] for one in found["files"]] == ["prompts/a.md"]
    assert "'clade-sonnet'" in found["problems"][0]


def test_another_configuration_can_be_named(project, capsys):
    table = PROJECT.replace("max_tokens = 35", "max_tokens = 3")
    (project / "other.toml").write_text(table, encoding="utf-8")
    assert listed(capsys, "prompts/a.md", "--config", "other.toml", status=1)["files"][0]["max_tokens"] == 3


def test_equal_claims_are_told_and_hold_nothing(project, capsys):
    table = '[tool.llmcost.prompts]\n"prompts/a*" = { max_tokens = 1 }\n"prompts/*d" = { max_tokens = 1 }\n'
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    found = listed(capsys, "prompts/a.md")
    assert found["files"][0]["max_tokens"] is None
    assert "several patterns have equal claim to `prompts/a.md`" in found["remarks"][-1]


def test_the_terminal_shows_a_row_a_file_and_a_total(project, capsys):
    assert main(["tokens", "prompts/a.md", "prompts/b.md", "--model", "gpt-4o"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[:7] == [
        "70 tokens in 2 files, 1 too long",
        "",
        "Prompt files, dollars per 1,000 requests",
        "File          Tokens  Known    Model   Limit  Used   Plain  Cached",
        "prompts/a.md      30  counted  gpt-4o     35   85%  $0.060  $0.015",
        "prompts/b.md      40  counted  gpt-4o     35  115%  $0.080  $0.020",
        "Total             70                                 $0.14  $0.035",
    ]
    assert "\nencoding: o200k_base\neach file is counted as it stands, placeholders of templates included" in out
    assert max(map(len, out.splitlines()[:7])) <= 80


def test_encodings_have_a_column_where_there_are_several(project, capsys):
    table = PROJECT.replace("claude-sonnet-4-5", "gpt-4")
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    assert main(["tokens", "prompts/a.md", "prompts/claude/c.j2"]) == 0
    out = capsys.readouterr().out
    assert re.search("c.j2 .* gpt-4 +cl100k_base ", out)
    assert "encoding:" not in out


def test_the_bound_of_an_estimate_has_a_column(project, capsys):
    assert main(["tokens", "prompts/claude/c.j2"]) == 0
    out = capsys.readouterr().out
    assert "At most" in out
    assert re.match(r"\d+ tokens \(at most \d+\) in 1 file\n", out)


def test_markdown_is_one_table_whatever_a_file_is_called(project, capsys):
    (project / "a|b`@octocat<b>.md").write_text(FOX, encoding="utf-8")
    assert main(["tokens", "a|b`@octocat<b>.md", "prompts/a.md", "--format", "markdown"]) == 0
    html = cmarkgfm.github_flavored_markdown_to_html(capsys.readouterr().out)
    assert html.count("<tr>") == 4
    assert "<b>.md" not in html
    assert "@octocat&lt;b&gt;.md</code>" in html


def test_the_total_in_markdown_has_no_model_and_no_provenance(project, capsys):
    assert main(["tokens", "prompts/a.md", "prompts/claude", "--format", "markdown"]) == 0
    (total,) = [line for line in capsys.readouterr().out.splitlines() if "Total" in line]
    assert "?" not in total
    assert total.startswith("| **Total** | **")


def test_the_list_is_written_to_a_file(project, capsys):
    assert main(["tokens", "prompts/a.md", "--format", "markdown", "--output", "tokens.md"]) == 0
    assert capsys.readouterr().out == ""
    assert (project / "tokens.md").read_text(encoding="utf-8").startswith("### 30 tokens in 1 file\n")


def test_a_name_that_the_terminal_cannot_show_does_no_harm(project, capsys):
    name = os.fsdecode(b"\xff\x1b[31m.md")
    (project / name).write_text(FOX, encoding="utf-8")
    assert main(["tokens", name]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["tokens", name, "--format", "json"]) == 0
    json.loads(capsys.readouterr().out)


def test_a_discount_and_a_currency_hold_for_prompt_files_as_well(project, capsys):
    terms = "[tool.llmcost.discounts]\nanthropic.percent = 50\n[tool.llmcost.currency]\ncode = 'EUR'\nper_usd = 0.5\n"
    listing = listed(capsys, "prompts/claude/c.j2", status=0)
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(terms)
    lowered = listed(capsys, "prompts/claude/c.j2")
    usd = [Decimal(one["files"][0]["usd_per_1000_requests"]) for one in (listing, lowered)]
    assert usd[0] == 2 * usd[1] > 0
    assert lowered["currency"] == {"code": "EUR", "per_usd": "0.5", "as_of": None}
    assert main(["tokens", "prompts"]) == 1
    out = capsys.readouterr().out
    assert "Prompt files, EUR per 1,000 requests" in out
    assert "€" in out
    assert "$" not in out
    assert "amounts in EUR at 0.5 per USD, declared" in out

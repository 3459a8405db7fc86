"""The baseline: a dearer prompt is a regression in dollars a month, although every reply is an old recording."""

import shutil

import pytest

MODES = pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
ASK = """
    from app import ask

    def test_question():
        ask("Hello{more}", usage={usage})
"""
# `Hello` alone is 8 tokens by tokenizer and framing, each further ` word` is one more.


def _with(project, words, usage=(8, 2)):
    project.write("test_chat.py", ASK.format(more=" word" * words, usage=usage))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the baseline of the short prompt is kept once it is made."""
    return tmp_path_factory.mktemp("short") / "baseline.json"


@pytest.fixture
def known(project, kept):
    """The project with a short prompt, and the baseline of it: $12.00 a month."""
    project.configure(CHAT)
    _with(project, 0)
    if kept.exists():
        shutil.copy(kept, project.root / "llmcost-baseline.json")
        return project
    ran = project.update()
    assert ran.status == 0
    assert ran.line("llmcost: baseline written to llmcost-baseline.json")
    assert ran.json["comparison"] is None
    assert ran.feature("chat")["monthly_usd"]["measured"] == "12"
    shutil.copy(project.root / "llmcost-baseline.json", kept)
    return project


@MODES
def test_an_unchanged_suite_passes(known, mode):
    ran = known.cost(*mode)
    assert (ran.status, ran.rules()) == (0, [])
    assert ran.line("LLM cost:", "unchanged against llmcost-baseline.json")
    comparison = ran.json["comparison"]
    assert (comparison["monthly_before_usd"], comparison["monthly_after_usd"]) == ("12", "12")
    assert (comparison["added"], comparison["removed"], comparison["carried"]) == ([], [], [])


@MODES
def test_a_longer_prompt_on_an_old_reply_is_a_regression(known, mode):
    _with(known, 1000)
    ran = known.cost(*mode)
    assert (ran.status, ran.json["verdict"]) == (1, "fail")
    (call,) = ran.json["calls"]
    assert (call["usage"]["input_tokens"], call["usage_source"]) == (1008, "adjusted")
    finding = ran.finding("regression")
    assert finding["severity"] == "error"
    assert "`chat` $12.00 → $1,012.00" in finding["message"]
    assert ran.line("ERROR regression", "$12.00 → $1,012.00 a month (+8333%)", "+10%")
    assert ran.finding("stale-reply")["subject"] == "chat"
    assert "of `test_chat.py::test_question`" in ran.finding("stale-reply")["message"]
    assert ran.finding("stale-reply")["severity"] == "notice"


def test_the_renewed_recording_is_taken_at_its_word(known):
    _with(known, 1000, usage=(1011, 2))
    ran = known.cost()
    (call,) = ran.json["calls"]
    assert (call["usage"]["input_tokens"], call["usage_source"]) == (1011, "reported")
    assert ran.rules() == ["regression"]
    known.update()
    assert known.cost().rules() == []


def test_an_adjusted_figure_survives_updates_of_the_baseline(known):
    _with(known, 1000)
    for _ in range(2):
        assert known.update().json["calls"][0]["usage"]["input_tokens"] == 1008
        ran = known.cost()
        assert (ran.status, ran.rules()) == (0, ["stale-reply"])
        assert ran.json["calls"][0]["usage"]["input_tokens"] == 1008
        assert ran.json["calls"][0]["usage_source"] == "adjusted"
        assert ran.json["comparison"]["monthly_after_usd"] == "1012"
    _with(known, 2000)
    assert known.cost().json["calls"][0]["usage"]["input_tokens"] == 2008
    _with(known, 0)
    ran = known.cost()
    assert ran.json["calls"][0]["usage"]["input_tokens"] == 8
    assert ran.rules() == ["slack"]


def test_the_measured_ratio_is_kept_where_it_is_plausible(project):
    project.configure(CHAT)
    _with(project, 0, usage=(10, 2))
    project.update()
    _with(project, 1000, usage=(10, 2))
    assert project.cost().json["calls"][0]["usage"]["input_tokens"] == 10 + 1250


def test_a_hand_written_usage_is_not_scaled(project):
    project.configure(CHAT)
    _with(project, 0, usage=(100, 2))
    project.update()
    _with(project, 1000, usage=(100, 2))
    assert project.cost().json["calls"][0]["usage"]["input_tokens"] == 1100


def test_a_shorter_prompt_is_cheaper_and_passes(project):
    project.configure(CHAT)
    _with(project, 1000, usage=(1008, 2))
    project.update()
    _with(project, 500, usage=(1008, 2))
    ran = project.cost()
    assert ran.status == 0
    assert ran.json["calls"][0]["usage"]["input_tokens"] == 508
    assert ran.line("LLM cost: $512.00 a month", "-49%")


def test_a_small_increase_passes(project):
    project.configure(CHAT)
    _with(project, 1000, usage=(1008, 2))
    project.update()
    _with(project, 1100, usage=(1008, 2))
    ran = project.cost()
    assert (ran.status, ran.rules()) == (0, ["stale-reply"])
    _with(project, 1102, usage=(1008, 2))
    assert project.cost().rules("error") == ["regression"]


@pytest.mark.parametrize(
    ("rule", "words", "fails"),
    [
        ("max_increase_percent = 900", 100, False),
        ("max_increase_percent = 800", 100, True),
        ("max_increase_percent = 900\nmax_increase_usd = 99", 100, True),
        ("max_increase_percent = 900\nmax_increase_usd = 100", 100, False),
        ("ignore_below_usd = 101", 100, False),
        ("fail_on = ['budget']", 100, False),
    ],
)
def test_what_increase_is_too_much_is_configured(known, rule, words, fails):
    feature = CHAT.replace("\n    ", "\n")
    known.configure(f"[tool.llmcost]\n{rule}\n{feature}")
    _with(known, words)
    ran = known.cost()
    assert ran.status == int(fails)
    assert ("regression" in ran.rules("error")) == fails


def test_more_calls_per_request_are_a_regression(known):
    known.write(
        "test_chat.py",
        """
        from app import ask

        def test_question():
            ask(usage=(8, 2))
            ask("Again", usage=(8, 2))
        """,
    )
    ran = known.cost()
    assert ran.rules("error") == ["regression"]
    assert "$12.00 → $24.00" in ran.finding("regression")["message"]


def test_a_dearer_model_is_a_regression(known):
    known.configure(CHAT, prices='[tool.llmcost.prices."gpt-4"]\ninput = 1\noutput = 2\n'
                      '[tool.llmcost.prices."gpt-4.1"]\ninput = 5\noutput = 10')  # fmt: skip
    known.write("test_chat.py", "from app import ask\ndef test_question(): ask(model='gpt-4.1', usage=(8, 2))")
    assert "$12.00 → $60.00" in known.cost().finding("regression")["message"]


def test_a_dearer_price_book_is_nobody_s_regression(known):
    known.configure(CHAT, prices='[tool.llmcost.prices."gpt-4"]\ninput = 10\noutput = 20')
    ran = known.cost()
    assert (ran.status, ran.rules("error")) == (0, [])
    assert ran.json["comparison"]["monthly_before_usd"] == "120"


def test_the_order_of_equal_calls_does_not_matter(project):
    project.configure(CHAT)
    source = """
        from app import ask

        def test_question():
            for size in {sizes}:
                ask("Hello" + " word" * size, usage=(8 + size, 2))
    """
    project.write("test_chat.py", source.format(sizes=(10, 20, 30)))
    project.update()
    project.write("test_chat.py", source.format(sizes=(30, 10, 20)))
    ran = project.cost()
    assert (ran.status, ran.rules()) == (0, [])
    assert ran.json["totals"]["by_provenance"] == {"reported": 3}


def test_a_baseline_that_is_switched_off_is_not_read(project):
    (project.root / "llmcost-baseline.json").write_text("nonsense")
    project.configure(CHAT)
    _with(project, 0)
    ran = project.cost("--llmcost-baseline=none")
    assert (ran.status, ran.json["comparison"]) == (0, None)
    assert ran.has("not compared", "switched off")


def test_another_baseline_file_can_be_named(known):
    (known.root / "llmcost-baseline.json").rename(known.root / "old.json")
    _with(known, 1000)
    assert known.cost("--llmcost-baseline=old.json").rules("error") == ["regression"]
    assert known.cost().json["comparison"] is None
    known.configure("[tool.llmcost]\nbaseline = 'old.json'\n" + CHAT.replace("\n    ", "\n"))
    assert known.cost().rules("error") == ["regression"]


def test_runs_are_compared_where_no_traffic_is_declared(project):
    project.configure("")
    _with(project, 0)
    project.update()
    assert project.cost().rules() == []
    _with(project, 1000)
    ran = project.cost()
    assert (ran.status, ran.rules("error")) == (1, ["regression"])
    assert "a run" in ran.finding("regression")["message"]
    assert ran.json["comparison"]["run_before_usd"] == "0.000012"


def test_nothing_of_a_prompt_is_written(project):
    project.configure(CHAT)
    project.write(
        "test_chat.py",
        """
        from app import ask

        def test_question():
            ask("Sesame", system="Open sk-0123", text="Treasure", usage=(20, 2))
        """,
    )
    project.update("--llmcost-report=html", "--llmcost-report=markdown")
    for name in ("llmcost.json", "llmcost-baseline.json", "llmcost.html", "llmcost.md"):
        text = (project.root / name).read_text(encoding="utf-8")
        assert not any(secret in text for secret in ("Sesame", "Open", "sk-0123", "Treasure"))


def test_a_conversation_that_is_declared_is_in_the_month_and_a_cause_of_its_change(known):
    """Three turns send 0, 20 and 40 tokens of history: 20 more a request, at $1 a million."""
    known.configure(CHAT + "turns_per_session = 3\ntokens_per_turn = 20\n")
    ran = known.cost("--llmcost-report=term")
    assert ran.json["config"]["production"] == {"chat": {"turns_per_session": "3", "tokens_per_turn": "20"}}
    (cause,) = ran.json["comparison"]["features"][0]["causes"]
    assert (cause["kind"], cause["monthly_usd"]) == ("scenario", "20")
    assert (cause["before"], cause["after"]) == (
        "turns x1, tokens per turn as measured",
        "turns x3, tokens per turn 20",
    )
    assert ran.feature("chat")["monthly_usd"]["measured"] == "32"

    known.update()
    assert '["chat",{"tokens_per_turn":"20","turns_per_session":"3"}],' in (
        known.root / "llmcost-baseline.json"
    ).read_text(encoding="utf-8")
    assert known.cost().rules() == []


OVERHEADS = """
    [tool.llmcost.overheads]
    retries = {retries}
    evaluation = 0.15
"""


def test_overheads_are_in_the_month_and_a_change_of_them_is_a_cause(known):
    """$12.00 of inference: 15% and 10% more, then 15% and 25%."""
    known.configure(CHAT + OVERHEADS.format(retries="0.10"))
    ran = known.update()
    month = ran.json["scenarios"]["measured"]
    assert (month["inference_usd"], month["monthly_usd"]) == ("12", "15")
    assert month["overheads_usd"] == {"retries": "1.2", "evaluation": "1.8"}
    assert ran.feature("chat")["monthly_usd"]["measured"] == "12"
    assert ran.line("llmcost: baseline written to llmcost-baseline.json", "$12.00 -> $15.00 a month")
    assert known.cost("--llmcost-report=term").rules() == []

    known.configure(CHAT + OVERHEADS.format(retries="0.25"))
    ran = known.cost("--llmcost-report=term")
    assert (ran.status, ran.rules()) == (1, ["regression"])
    assert "`chat` $15.00 → $16.80" in ran.finding("regression")["message"]
    (change,) = ran.json["comparison"]["features"]
    (cause,) = change["causes"]
    assert (cause["kind"], cause["before"], cause["after"], cause["monthly_usd"]) == ("overheads", "0.25", "0.4", "1.8")
    assert ran.line("LLM cost: $16.80 a month", "+12%", "($15.00)")
    assert ran.line("overhead: retries", "$3.00", "$3.50")  # the scenarios
    assert "overhead: retries" in ran.lines[ran.lines.index(ran.line("Requests/month")) + 2]
    assert ran.line("Overheads", "25% -> 40%", "+$1.80")

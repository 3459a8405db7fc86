"""Shards of pytest-split put together again: the report is that of the whole suite, to the byte."""

import json
import re

import pytest

from pytest_llmcost.cli import main

CONFIG = """
    [tool.llmcost]
    {more}
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
    [tool.llmcost.features.chat.budget]
    monthly_usd = 1
    [tool.llmcost.features.search]
    tests = ["test_search.py"]
    requests_per_month = 1_000_000
"""
CHAT = """
    import pytest
    from app import ask

    RULES = "Answer in one sentence, and name the article that you mean.{more}"

    @pytest.fixture(scope="module")
    def primed():
        ask("prime", usage=(5, 1))

    @pytest.mark.parametrize("number", range(6))
    def test_question(number, primed):
        ask(f"Question {{number}}", system=RULES, usage=(30 + number, 1))

    @pytest.mark.llmcost(max_calls=1)
    def test_limit():
        ask("one", usage=(10, 1))
        ask("two", usage=(10, 1))
"""
SEARCH = """
    import pytest
    from app import ask

    def test_search():
        ask("search", usage=(28, 1))

    def test_broken():
        ask("broken", usage=(28, 1))
        assert False

    @pytest.mark.skip
    def test_skipped():
        ask("skipped")
"""
OTHER = """
    from app import ask

    def test_unknown_price():
        ask("one", usage=(10, 1), model="gpt-nobody-knows")
"""
SPLIT = ("--splits", "3", "--group")


@pytest.fixture
def suite(project, monkeypatch):
    """A project with a baseline whose prompt has grown since, under replies that are older."""
    project.configure(CONFIG.format(more=""))
    project.write("test_chat.py", CHAT.format(more=""))
    project.write("test_search.py", SEARCH)
    project.write("test_other.py", OTHER)
    project.update()
    project.write(
        "test_chat.py", CHAT.format(more=" Say where it was bought, and when, and by whom, and for how much.")
    )
    monkeypatch.chdir(project.root)
    return project


def whole(project, *arguments):
    """The run file of one run of the whole suite."""
    project.cost(*arguments)
    return (project.root / "llmcost.json").read_text(encoding="utf-8")


def shards(project, *arguments):
    """The run files of three shards."""
    paths = []
    for group in "123":
        ran = project.cost("--llmcost-record-only", *SPLIT, group, *arguments)
        assert not ran.has("INTERNALERROR")
        paths.append(project.root / f"shard-{group}.json")
        (project.root / "llmcost.json").rename(paths[-1])
    return paths


def combined(*paths, output="llmcost.json"):
    assert main(["combine", *map(str, paths), "--output", output]) == 0
    with open(output, encoding="utf-8") as stream:  # noqa: PTH123 - relative to the project
        return stream.read()


def comparable(text):
    """A run file without the sessions that it is made of, and without the time when the first of them began."""
    text = re.sub(r'^"parts":\[\n.*?^\],?\n', "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r'^"turns":\[\n.*?^\],\n', "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r'^"created_at":.*\n', "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("mode", [(), ("-n", "2", "--dist=loadfile")], ids=["one process", "xdist"])
def test_shards_together_are_the_run_of_the_whole_suite(suite, mode):
    expected = whole(suite)
    report = json.loads(expected)
    assert {"budget.monthly_usd", "regression", "stale-reply", "unpriced", "limit.max_calls"} <= {
        one["rule"] for one in report["findings"]
    }
    assert any(cause["location"] for change in report["comparison"]["features"] for cause in change["causes"])
    assert comparable(combined(*shards(suite, *mode))) == comparable(expected)


def test_the_order_of_the_files_and_what_was_combined_before_do_not_matter(suite):
    one, two, three = shards(suite)
    expected = combined(one, two, three)
    assert combined(three, one, two) == expected
    combined(one, two, output="left.json")
    combined(two, three, output="right.json")
    assert (
        combined("left.json", three) == combined(one, "right.json") == combined("right.json", "left.json") == expected
    )
    assert combined("llmcost.json", output="again.json") == expected


def test_a_shard_that_is_absent_fails_the_check(suite, capsys):
    suite.configure(CONFIG.format(more='fail_on = ["unsampled"]'))
    one, two, three = shards(suite)
    combined(one, three)
    assert main(["check", "llmcost.json"]) == 1
    assert "ERROR combined-gap 2/3: group `2/3` of the tests is not among the runs" in capsys.readouterr().out
    text = json.loads(combined(one, two, three))
    assert [one["rule"] for one in text["findings"] if one["rule"].startswith("combined")] == []
    assert text["totals"]["partial"] is False


def test_a_shard_alone_says_that_it_is_one(suite, capsys):
    one, *_ = shards(suite)
    main(["check", str(one)])
    assert "WARNING shard 1/3: only group 1 of 3 ran" in capsys.readouterr().out
    assert suite.cost(*SPLIT, "1").finding("shard")["severity"] == "notice"


def test_a_matrix_of_equal_jobs_is_one_suite(suite):
    expected = whole(suite)
    (suite.root / "llmcost.json").rename(suite.root / "py311.json")
    whole(suite, "-n", "2", "--dist=loadfile")
    (suite.root / "llmcost.json").rename(suite.root / "py312.json")
    assert comparable(combined("py311.json", "py312.json")) == comparable(expected)


def test_a_job_that_asks_something_else_is_an_attempt_of_its_own(suite, capsys):
    whole(suite)
    (suite.root / "llmcost.json").rename(suite.root / "py311.json")
    suite.write("test_search.py", SEARCH.replace('"search", usage=(28, 1)', '"search more", usage=(58, 1)'))
    whole(suite)
    (suite.root / "llmcost.json").rename(suite.root / "py312.json")
    report = json.loads(combined("py311.json", "py312.json"))
    assert "see combined-repeated" in capsys.readouterr().out
    [found] = [one for one in report["findings"] if one["rule"] == "combined-repeated"]
    assert (found["subject"], found["severity"]) == ("test_search.py::test_search", "warning")
    [search] = [one for one in report["tests"] if one["test"] == found["subject"]]
    assert (search["attempts"], search["calls"]) == (2, 2)
    [feature] = [one for one in report["features"] if one["name"] == "search"]
    assert feature["input_tokens"] == 58


def test_texts_of_all_shards_are_kept(suite):
    suite.configure(CONFIG.format(more="store_text = true"))
    expected = json.loads(whole(suite))["texts"]
    assert len(expected) > 6
    assert json.loads(combined(*shards(suite)))["texts"] == expected


def test_reruns_of_a_shard_stay_attempts(suite):
    flaky = SEARCH.replace("def test_search():", "tries = []\n\n    def test_search():\n        tries.append(1)")
    suite.write(
        "test_search.py", flaky + "\n    def test_flaky():\n        ask('flaky')\n        assert len(tries) > 2\n"
    )
    suite.write("test_search.py", flaky.replace("usage=(28, 1))", "usage=(28, 1))\n        assert len(tries) > 2", 1))
    expected = whole(suite, "--reruns=2")
    [search] = [one for one in json.loads(expected)["tests"] if one["test"] == "test_search.py::test_search"]
    assert (search["attempts"], search["outcome"]) == (3, "passed")
    assert comparable(combined(*shards(suite, "--reruns=2"))) == comparable(expected)

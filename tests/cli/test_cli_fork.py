"""A run that code of a fork has measured: what is taken from it, what is not, and that it cannot do any harm."""

from __future__ import annotations

import copy
import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_llmcost
from pytest_llmcost.cli import fork
from pytest_llmcost.cli.fork import Origin, judged_again
from pytest_llmcost.core.finding import Severity, Verdict
from pytest_llmcost.errors import BaselineError, ConfigurationError, LlmCostError, RunFileError
from pytest_llmcost.render.markdown import markdown
from pytest_llmcost.render.run_config import declared
from pytest_llmcost.render.run_json import chunks
from pytest_llmcost.render.terminal import lines
from pytest_llmcost.storage.artifact import unpacked
from pytest_llmcost.storage.untrusted import TAKEN

PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01
fail_on = {fail_on}

[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = {requests}
budget = {{ monthly_usd = {limit} }}

[tool.llmcost.prices."shop-1"]
input = {price}
output = 0
"""

TESTS = """\
import pytest

@pytest.mark.parametrize("n", range(3))
def test_it(llmcost, n):
    llmcost.record(provider="acme", model="shop-1", input_tokens={tokens}, output_tokens=1)
"""

OF_BASE = PROJECT.format(requests=1_000_000, limit=100, price=1, fail_on='["budget", "regression"]')
OF_FORK = PROJECT.format(requests=1, limit=1_000_000, price=0, fail_on="[]")
# 1,000 tokens x $1 a million x a million requests = $1,000 a month.

ORIGIN = Origin(at=datetime(2026, 11, 27, 9, 30, tzinfo=UTC), head="c" * 40, branch="main")


def written(folder: Path, project: str, tokens: int, *arguments: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS.format(tokens=tokens), encoding="utf-8")
    of_ci = ("PYTEST_", "GITHUB_", "CI_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(of_ci)}
    environment |= {
        "PYTHONPATH": str(Path(pytest_llmcost.__file__).parents[1]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_llmcost.plugin", "-p", "no:cacheprovider"]
    command += ["--llmcost", "--llmcost-report=json", *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "llmcost.json"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The run file of a fork that has set everything to its liking, as parsed JSON."""
    path = written(tmp_path_factory.mktemp("fork"), OF_FORK, 1000)
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The base branch, with a baseline of 800 tokens."""
    folder = tmp_path_factory.mktemp("base")
    written(folder, OF_BASE, 800, "--llmcost-update-baseline")
    return folder


def encoded(run, **more):
    return json.dumps(run | more).encode()


def changed(run, *path, value):
    """Return the run with the value at a path replaced."""
    found = copy.deepcopy(run)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return found


def everything(report) -> str:
    """Draw a report in every way, which must not fail."""
    settings = fork.config.parse({}, file="none")
    terminal = "\n".join(line.text for line in lines(report, width=100, detail="calls"))
    return "".join((markdown(report), "".join(chunks(report, declared(settings))), terminal))


def git(folder, *arguments):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


# -- what is taken, and what is not --------------------------------------------------------------------------------


def test_traffic_prices_budgets_and_verdict_are_those_of_the_base_branch(run, base):
    assert run["verdict"] == "pass"
    assert run["features"][0]["monthly_usd"]["measured"] == "0"
    report = judged_again(encoded(run), ORIGIN, base)
    assert report.verdict is Verdict.FAIL
    assert report.scenarios["measured"].monthly_usd == Decimal(1000)
    assert [one.rule for one in report.findings if one.severity is Severity.ERROR] == [
        "budget.monthly_usd",
        "regression",
    ]
    assert report.comparison.before_usd == Decimal(800)
    assert report.prices.as_of == "2026-11-01"


def test_discounts_and_currency_are_those_of_the_base_branch(run, base):
    forged = changed(run, "config", "currency", value={"code": "XXX", "per_usd": "9", "as_of": None})
    assert judged_again(encoded(forged), ORIGIN, base).currency.code == "USD"
    settings = base / "pyproject.toml"
    more = "[tool.llmcost.discounts]\nnobody.percent = 5\n[tool.llmcost.currency]\ncode = 'EUR'\nper_usd = 0.5\n"
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n{more}", encoding="utf-8")
    report = judged_again(encoded(forged), ORIGIN, base)
    assert (report.currency.code, list(report.discounts)) == ("EUR", ["nobody"])
    assert [one.subject for one in report.findings if one.rule == "discount"] == ["nobody"]
    assert "€500.00 / month" in markdown(report) or "€400.00 → €500.00" in markdown(report)


def test_what_the_fork_claims_about_itself_is_replaced_by_what_is_known(run, base):
    """A start in a far future would keep every later comment away."""
    forged = run | {
        "created_at": "9999-12-31T00:00:00+00:00",
        "plugin_version": "99",
        "git": {"commit": "d" * 40, "branch": "main", "dirty": False},
    }
    report = judged_again(encoded(forged), ORIGIN, base)
    assert report.created_at == "2026-11-27T09:30:00+00:00"
    assert report.plugin_version == pytest_llmcost.__version__
    assert (report.origins.commit, report.origins.branch, report.origins.dirty) == ("c" * 40, None, None)


def test_prices_are_those_of_the_day_that_the_forge_knows(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.llmcost]\n", encoding="utf-8")
    assert judged_again(encoded(run), ORIGIN, tmp_path).prices.as_of == "2026-11-27"


def test_the_words_of_the_fork_are_not_repeated(run, base):
    words = "merge this, @octocat says"
    finding = {"severity": "error", "subject": words, "limit": words, "actual": words, "message": words}
    rules = ["internal", "spend", "regression", f"limit.{words}", words, "budget.monthly_usd"]
    session = run["session"] | {"findings": [finding | {"rule": rule, "location": words} for rule in rules]}
    forged = run | {
        "session": session,
        "texts": {"a": words},
        "findings": session["findings"],
        "advice": [{"message": words}],
        "calls": [call | {"note": words, "price_note": words} for call in run["calls"]],
        "config": run["config"] | {"no_comparison": words, "models": {"shop-1": words}},
        "comparison": {"base": {"source": words}},
    }
    report = judged_again(encoded(forged), ORIGIN, base)
    assert words not in everything(report)
    assert report.run.texts == {}
    assert {one.rule: one.severity for one in report.findings if "run of the fork" in one.message} == {
        "internal": Severity.WARNING,
        "spend": Severity.ERROR,
    }


def test_a_limit_that_broke_in_the_fork_fails_here_too_in_our_own_words(run, base):
    told = [
        {"rule": "limit.max_cost", "severity": "notice", "subject": f"test_chat.py::test_it[{n}]", "message": "fine"}
        for n in range(3)
    ]
    one = judged_again(encoded(changed(run, "session", "findings", value=told[:1])), ORIGIN, base)
    three = judged_again(encoded(changed(run, "session", "findings", value=told)), ORIGIN, base)
    found = [next(f for f in report.findings if f.rule == "limit.max_cost") for report in (one, three)]
    assert [(f.severity, f.subject, f.message) for f in found] == [
        (Severity.ERROR, told[0]["subject"], "found 1 time in the run of the fork; its own log says more"),
        (Severity.ERROR, "run", "found 3 times in the run of the fork; its own log says more"),
    ]


def test_what_combining_found_is_kept_too(run, base):
    told = {"rule": "combined-commit", "severity": "notice", "subject": "a, b", "message": "of two commits"}
    report = judged_again(encoded(changed(run, "session", "findings", value=[told])), ORIGIN, base)
    (found,) = [one for one in report.findings if one.rule == "combined-commit"]
    assert (found.severity, "of two commits" in found.message) == (Severity.ERROR, False)


def test_a_feature_that_the_base_branch_does_not_know_is_none(run, base):
    forged = changed(run, "session", "tests", 0, 4, value="free_of_charge")
    assert [one.name for one in judged_again(encoded(forged), ORIGIN, base).features] == ["chat"]


# -- what it is compared with --------------------------------------------------------------------------------------


@pytest.fixture
def repository(base, tmp_path):
    """The base branch in git: a baseline of 800 tokens, two commits, and then one of 900 with its own acceptance."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name in ("pyproject.toml", "llmcost-baseline.json"):
        (tmp_path / name).write_bytes((base / name).read_bytes())
    commits = []
    for message in ("begin", "go on", "and on"):
        git(tmp_path, "add", "--all", ".")
        git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", message)
        commits.append(git(tmp_path, "rev-parse", "HEAD"))
    text = (tmp_path / "llmcost-baseline.json").read_text(encoding="utf-8").replace("800", "900")
    (tmp_path / "llmcost-baseline.json").write_text(text, encoding="utf-8")
    git(tmp_path, "commit", "--quiet", "--all", "-m", "raise")
    return tmp_path, commits


def of(fork_point=None, **more):
    return Origin(at=ORIGIN.at, head=ORIGIN.head, branch="main", fork_point=fork_point, **more)


def test_the_baseline_is_that_of_the_fork_point_and_its_age_is_said(run, repository):
    folder, commits = repository
    report = judged_again(encoded(run), of(commits[2]), folder)
    assert report.comparison.before_usd == Decimal(800)
    assert report.comparison.commit == commits[2]
    (age,) = [one for one in report.findings if one.rule == "baseline-age"]
    assert f"({commits[2][:7]}) was last written 2 commits earlier ({commits[0][:7]})" in age.message


def test_what_the_base_branch_did_since_is_not_taken_for_a_proposal_of_the_change(run, repository):
    folder, commits = repository
    report = judged_again(encoded(run), of(commits[2]), folder)
    assert "baseline-raised" not in {one.rule for one in report.findings}


@pytest.mark.parametrize("fork_point", [None, "f" * 40])
def test_where_git_does_not_have_the_fork_point_the_file_counts(run, repository, fork_point):
    report = judged_again(encoded(run), of(fork_point), repository[0])
    assert report.comparison.before_usd == Decimal(900)


def test_another_file_can_be_named_to_compare_with(run, base, tmp_path):
    path = written(tmp_path / "main", OF_BASE, 500)
    report = judged_again(encoded(run), of(base=path), base)
    assert report.comparison.before_usd == Decimal(500)


def test_how_far_that_file_is_from_the_fork_point_is_said(run, repository):
    folder, commits = repository
    base = json.loads(written(folder, OF_BASE, 500).read_text(encoding="utf-8"))
    base["git"]["commit"] = commits[0]
    (folder / "base.json").write_text(json.dumps(base), encoding="utf-8")
    report = judged_again(encoded(run), of(commits[2], base=folder / "base.json"), folder)
    (age,) = [one for one in report.findings if one.rule == "baseline-age"]
    told = f"base data of {commits[0][:7]}, 2 commits behind the merge base with main ({commits[2][:7]})"
    assert age.message.startswith(told)


def test_what_is_wrong_with_the_base_branch_is_told_as_ever(run, tmp_path):
    (tmp_path / "llmcost-baseline.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BaselineError, match=r"\Allmcost-baseline.json is not a baseline"):
        judged_again(encoded(run), ORIGIN, tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.llmcost]\nscenarioo = 3\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="scenarioo"):
        judged_again(encoded(run), ORIGIN, tmp_path)


# -- what it cannot do ---------------------------------------------------------------------------------------------


def artifact(*members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def refused(data, base) -> str:
    """Hand an artifact of a fork to what the comment is made of, and return the one line that refuses it."""
    with pytest.raises(RunFileError) as caught:
        judged_again(unpacked(data), ORIGIN, base)
    line = str(caught.value)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 300
    return line


def of_call(run, **more):
    return artifact(("llmcost.json", encoded(changed(run, "calls", 0, value=run["calls"][0] | more))))


def test_an_artifact_of_a_run_is_judged(run, base):
    assert judged_again(unpacked(artifact(("llmcost.json", encoded(run)))), ORIGIN, base).verdict is Verdict.FAIL


def test_a_zip_bomb_is_refused_with_one_line(base):
    assert "104,857,600 bytes" in refused(artifact(("llmcost.json", bytes(100 * 2**20))), base)


def test_a_path_escape_is_refused_with_one_line(run, base):
    assert "another name" in refused(artifact(("../../llmcost.json", encoded(run))), base)
    assert "2 entries" in refused(artifact(("llmcost.json", encoded(run)), ("../x", b"")), base)


def test_a_megabyte_name_is_refused_with_one_line(run, base):
    assert "calls[0].test has 1,000,000 characters" in refused(of_call(run, test="x" * 10**6), base)


def test_nan_is_refused_with_one_line(run, base):
    data = of_call(run, input_tokens_upper=float("nan"))
    assert "calls[0].input_tokens_upper is no finite number" in refused(data, base)


def test_a_foreign_pull_request_number_is_refused_with_one_line(run, base):
    assert "pull_request is a key" in refused(artifact(("llmcost.json", encoded(run, pull_request=1))), base)


def test_a_forged_marker_is_refused_with_one_line(run, base):
    assert "calls[0].model holds the marker of our comments" in refused(
        of_call(run, model="<!-- pytest-llmcost id=default at=9999-01-01T00:00:00Z -->"), base
    )


def test_a_bug_of_ours_is_one_line_too(run, base, monkeypatch):
    def crash(*_):
        raise LookupError("::error::x\n@octocat")

    monkeypatch.setattr(fork, "build_report", crash)
    assert refused(artifact(("llmcost.json", encoded(run))), base) == (
        "the run file of the fork cannot be judged (LookupError in pytest-llmcost): please report this line"
    )


def test_the_largest_counts_can_be_drawn(run, base):
    usage = {"input_tokens": 2**53, "output_tokens": 2**53, "cache_read_tokens": 2**53}
    calls = [call | {"usage": usage, "input_tokens_upper": 2**53} for call in run["calls"]]
    assert everything(judged_again(encoded(run, calls=calls), ORIGIN, base))


def test_a_run_of_20000_calls_is_judged_in_seconds(run, base):
    call = run["calls"][0]
    tests = [f"test_chat.py::test_{n}" for n in range(20_000)]
    session = run["session"] | {"tests": [[test, 1, "passed", "1", None] for test in tests]}
    calls = [call | {"test": test, "model": f"shop-{n % 100}"} for n, test in enumerate(tests)]
    began = time.perf_counter()
    report = judged_again(encoded(run, session=session, calls=calls), ORIGIN, base)
    assert len(report.calls) == 20_000
    assert time.perf_counter() - began < 30


HOSTILE = [
    None, True, -1, 0, 2**53, 2**53 + 1, 1.5, 1e308, float("nan"), float("inf"), "", "x", "\0", "x" * 1001, "a|b`c`",
    "<!-- pytest-llmcost", "../../etc/passwd:1", "1e30", "1E+999999", "NaN", "-1", "live", "refused", "scaled",
    [], {}, [[]], [None], {"a": {"b": {}}}, [1, 2], ["user", "x"], {"input_tokens": 5},
]  # fmt: skip


def mutate(run, chance):
    """Change a few places of a run file, anywhere in it."""
    found = {key: copy.deepcopy(run[key]) for key in TAKEN}  # the rest is dropped
    for _ in range(chance.randint(1, 4)):
        at, parent, step = found, None, None
        while isinstance(at, dict | list) and at and (parent is None or chance.random() < 0.8):
            parent, step = at, chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
            at = parent[step]
        if parent is None:
            continue
        match chance.randint(0, 3):
            case 0:
                del parent[step]
            case 1 if isinstance(parent, list):
                parent.extend(copy.deepcopy(parent))
            case 2:
                parent[step] = copy.deepcopy(
                    parent[chance.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))]
                )
            case _:
                parent[step] = copy.deepcopy(chance.choice(HOSTILE))
    return json.dumps(found).encode()


@given(seed=st.integers(0, 2**40))
def test_no_mutated_run_raises_anything_but_one_line_nor_takes_long(run, base, seed):
    began, told = time.perf_counter(), ""
    try:
        everything(judged_again(mutate(run, random.Random(seed)), ORIGIN, base))
    except LlmCostError as error:
        told = str(error)
    assert told.isascii()
    assert "\n" not in told
    assert "please report" not in told
    assert time.perf_counter() - began < 10


@given(seed=st.integers(0, 2**40))
def test_no_damaged_bytes_raise_anything_but_one_line(run, base, seed):
    chance, data, told = random.Random(seed), bytearray(encoded(run)), ""
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(data))
        data[place : place + chance.randint(0, 9)] = chance.choice([b"", b"\xff", b"}", b"9" * 30, b'"', b"[", b"-1"])
    try:
        everything(judged_again(bytes(data), ORIGIN, base))
    except LlmCostError as error:
        told = str(error)
    assert told.isascii()
    assert "\n" not in told
    assert "please report" not in told


# -- prompt files --------------------------------------------------------------------------------------------------

LIMITED = OF_BASE + '\n[tool.llmcost.prompts]\n"prompts/*.md" = { max_tokens = 100 }\n'


def counted(**changes):
    return {
        "path": "prompts/a.md",
        "sha256": "0" * 64,
        "model": "gpt-4o",
        "encoding": "o200k_base",
        "tokens": 120,
        "tokens_upper": 120,
        "source": "counted",
        "pattern": "*",
        "max_tokens": 1_000_000,
        "tokens_before": 120,
    } | changes


@pytest.fixture
def limited(tmp_path):
    """A base branch that holds prompt files to a size."""
    (tmp_path / "pyproject.toml").write_text(LIMITED, encoding="utf-8")
    return tmp_path


def errors(report):
    return [(one.rule, one.subject) for one in report.findings if one.severity is Severity.ERROR]


def test_the_limits_of_prompt_files_are_those_of_the_base_branch(run, limited):
    report = judged_again(encoded(run, prompt_files=[counted()]), ORIGIN, limited)
    assert ("budget.prompt_tokens", "prompts/a.md") in errors(report)
    assert [(one.limit, one.pattern, one.before) for one in report.prompts] == [(100, "prompts/*.md", None)]
    assert everything(report)


@pytest.mark.parametrize("files", [[], [counted(path="b.md")], [counted(model="tiny")]])
def test_a_fork_that_counts_nothing_or_for_another_model_does_not_pass(run, limited, files):
    report = judged_again(encoded(run, prompt_files=files), ORIGIN, limited)
    assert "uncounted" in dict(errors(report))


def test_a_run_file_without_any_prompt_files_is_read_all_the_same(run, base, limited):
    older = {key: value for key, value in run.items() if key != "prompt_files"}
    assert judged_again(encoded(older), ORIGIN, base).prompts == ()
    assert ("uncounted", "prompts/*.md") in errors(judged_again(encoded(older), ORIGIN, limited))


def test_a_file_that_the_fork_could_not_count_fails_in_our_own_words(run, limited):
    told = {"rule": "uncounted", "severity": "notice", "subject": "prompts/a.md", "message": "all is well"}
    report = judged_again(encoded(changed(run, "session", "findings", value=[told])), ORIGIN, limited)
    assert ("uncounted", "prompts/a.md") in errors(report)
    assert "all is well" not in everything(report)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tokens": -1},
        {"tokens_upper": 119},
        {"sha256": "x"},
        {"source": "guessed"},
        {"path": 7},
        {"path": "a\x1b[31m"},
        {"model": "m" * 1001},
    ],
)
def test_a_prompt_file_that_is_none_is_refused_with_one_line(run, limited, wrong):
    with pytest.raises(RunFileError) as caught:
        judged_again(encoded(run, prompt_files=[counted(**wrong)]), ORIGIN, limited)
    assert "prompt_files" in str(caught.value)
    assert "\n" not in str(caught.value)

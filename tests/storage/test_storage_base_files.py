"""A file to compare with may be a baseline, a run file, or one that says that there is nothing yet."""

import copy
import json
import shutil
from dataclasses import replace

import pytest
from test_storage_untrusted import RUN

from pytest_llmcost.core.against import Against
from pytest_llmcost.errors import BaselineError, LlmCostError
from pytest_llmcost.storage import git, no_base, run_base
from pytest_llmcost.storage.baseline import dumps
from pytest_llmcost.storage.no_base import NoBaseError
from pytest_llmcost.storage.sources import read_baseline, with_work_tree

TEST = "tests/test_chat.py::test_greets[de]"


def run_text(commit=None):
    run = copy.deepcopy(RUN)
    run |= {"git": {"commit": commit}, "features": [], "texts": {}}
    run["config"] = {
        "scenario": "measured",
        "days_per_month": "30",
        "requests_per_month": {"chat": 100},
        "scenarios": {},
        "overheads": {},
        "models": {},
        "prices": {},
    }
    return json.dumps(run)


def read(repository, text, **environ):
    """Compare with a file of this text, on a pull request where `environ` says so."""
    path = repository.root / "base.json"
    path.write_text(text, encoding="utf-8")
    found = read_baseline(str(path), configured=None, root=repository.root, environ=environ)
    return with_work_tree(found, configured=None, root=repository.root, environ=environ)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Where the repository is kept once it is made, and its commits."""
    return tmp_path_factory.mktemp("branch") / "project", []


@pytest.fixture
def branch(repository, template):
    """A branch that left main at the fifth of eight commits, and has one of its own."""
    folder, commits = template
    if not folder.exists():
        commits += _branch(repository)
        shutil.copytree(repository.root, folder)
    else:
        shutil.rmtree(repository.root)
        shutil.copytree(folder, repository.root)
    return repository, commits


def _branch(repository):
    commits = [repository.commit(other_json=str(number)) for number in range(5)]
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(mine_json="x")
    repository.git("checkout", "--quiet", "main")
    commits += [repository.commit(other_json=str(number)) for number in range(5, 8)]
    repository.git("checkout", "--quiet", "feature")
    return commits


def test_a_run_file_is_a_baseline_too(repository):
    found = read(repository, run_text("c" * 40))
    assert found.sentence == f"Compared with {repository.root / 'base.json'}."
    assert found.baseline.tests.keys() == {TEST}
    assert found.baseline.header.commit == "c" * 40
    assert found.baseline.header.requests_per_month == {"chat": 100}


def test_a_baseline_is_one_as_before(repository, baseline):
    found = read(repository, dumps(baseline))
    assert found.baseline.tests == baseline.tests


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (0, "4 commits behind the merge base with main"),
        (3, "1 commit behind the merge base with main"),
        (5, "1 commit ahead of the merge base with main"),
        (7, "3 commits ahead of the merge base with main"),
    ],
)
def test_how_far_a_run_file_is_from_the_fork_point_is_said(branch, at, told):
    repository, commits = branch
    found = read(repository, run_text(commits[at]), GITHUB_BASE_REF="main")
    assert found.behind == f"base data of {commits[at][:7]}, {told} ({commits[4][:7]})"


def test_a_run_of_another_branch_is_behind_and_ahead(branch):
    repository, commits = branch
    repository.git("checkout", "--quiet", "-b", "other", commits[2])
    other = repository.commit(x_json="x")
    repository.git("checkout", "--quiet", "feature")
    assert read(repository, run_text(other), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main").behind == (
        f"base data of {other[:7]}, 2 commits behind and 1 commit ahead of the merge base with main ({commits[4][:7]})"
    )


def test_a_run_of_the_fork_point_is_neither(branch):
    repository, commits = branch
    assert read(repository, run_text(commits[4]), GITHUB_BASE_REF="main").behind == ""


@pytest.mark.parametrize("commit", [None, "f" * 40, "-x", "main\0", "HEAD^{tree}", "no such ref"])
def test_where_git_cannot_tell_nothing_is_said(branch, commit):
    assert read(branch[0], run_text(commit), GITHUB_BASE_REF="main").behind == ""


def test_without_the_target_branch_nothing_is_said(branch):
    repository, commits = branch
    assert read(repository, run_text(commits[0]), GITHUB_BASE_REF="gone").behind == ""
    assert read(repository, run_text(commits[0])).behind == ""


def test_in_a_shallow_clone_nothing_is_said_of_a_run_file(branch, tmp_path):
    repository, commits = branch
    clone = repository.clone(tmp_path / "clone", "--depth=2", "--no-single-branch")
    assert read(clone, run_text(commits[-1]), GITHUB_BASE_REF="main").behind == ""
    assert git.apart("HEAD~1", "HEAD", root=clone.root) is None  # merges may be cut off: a count could be too small
    assert git.apart("HEAD~1", "HEAD", root=repository.root) == (0, 1)


def test_of_a_run_file_too_the_acceptances_of_the_change_are_told_from_older_ones(repository, baseline):
    committed = replace(baseline, accepted=baseline.accepted[:1])
    fork = repository.commit(llmcost__base_json=dumps(committed))
    repository.git("checkout", "--quiet", "-b", "feature")

    def read_configured():
        path = repository.root / "base.json"
        path.write_text(run_text(fork), encoding="utf-8")
        where = {"configured": "llmcost/base.json", "root": repository.root, "environ": {"GITHUB_BASE_REF": "main"}}
        return with_work_tree(read_baseline(str(path), **where), **where)

    found = read_configured()
    assert (found.baseline.accepted, found.proposed, found.unread) == (committed.accepted, None, "")
    (repository.root / "llmcost" / "base.json").write_text(dumps(baseline), encoding="utf-8")
    found = read_configured()
    assert (found.baseline.accepted, found.proposed.accepted) == (committed.accepted, baseline.accepted)
    (repository.root / "llmcost" / "base.json").write_text("{", encoding="utf-8")
    assert "is not JSON" in read_configured().unread


def test_instead_of_a_base_that_was_not_found_the_default_is_taken(branch, baseline):
    repository, commits = branch
    text = no_base.dumps("No base data of main yet.")
    assert read(repository, text, GITHUB_BASE_REF="main") == Against(
        None,
        "No base data of main yet. No baseline at the merge base with main"
        f" ({commits[4][:7]}) yet: commit llmcost-baseline.json there.",
    )
    (repository.root / "llmcost-baseline.json").write_text(dumps(baseline), encoding="utf-8")
    found = read(repository, text)
    assert (found.baseline.tests, found.sentence) == (baseline.tests, "Compared with llmcost-baseline.json.")


def test_two_runs_are_not_compared_by_a_base_that_was_not_found(repository):
    read(repository, no_base.dumps("No base data of main yet."))
    with pytest.raises(NoBaseError, match=r"\ANo base data of main yet\.\Z"):
        run_base.read(str(repository.root / "base.json"), configured=None, root=repository.root)


@pytest.mark.parametrize("sentence", [None, 3, "a\nb", "x" * 301, "\x1b[31m"])
def test_a_file_that_says_so_in_no_sentence_is_refused(repository, sentence):
    with pytest.raises(BaselineError, match="does not say why there is no base") as caught:
        read(repository, no_base.dumps(sentence))
    assert not isinstance(caught.value, NoBaseError)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "\0", '{"format": "pytest-llmcost/run", "version": 1}', '{"format": "pytest-llmcost/x"']
)
def test_a_file_that_is_none_of_these_is_one_line(repository, text):
    with pytest.raises(LlmCostError, match=r"\A[^\n]+\Z"):
        read(repository, text)

"""What a change proposes as its baseline, and how old the one is that it is compared with: real repositories."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.baseline import Acceptance
from pytest_llmcost.storage import git
from pytest_llmcost.storage.baseline import dumps, write
from pytest_llmcost.storage.sources import read_baseline, with_work_tree

NAME = "llmcost-baseline.json"
FILE = NAME.replace(".json", "_json")


def read(repository, option="git:merge-base:main", *, configured=None, root=None):
    root = root or repository.root
    found = read_baseline(option, configured=configured, root=root, environ={})
    return with_work_tree(found, configured=configured, root=root, environ={})


@pytest.fixture
def raised(baseline, entry, profile):
    return replace(baseline, tests={"tests/test_new.py::test_it": entry(profile(8))})


@pytest.fixture
def branch(repository, baseline):
    """A branch that left main at a commit with a baseline."""
    repository.commit(**{FILE: dumps(baseline)})
    repository.git("checkout", "--quiet", "-b", "feature")
    return repository


def test_a_file_that_the_change_has_not_touched_proposes_nothing(branch):
    found = read(branch)
    assert (found.proposed, found.unread, found.behind) == (None, "", "")
    assert found.baseline is not None


def test_a_file_that_the_change_has_written_is_proposed_whether_it_is_committed_or_not(branch, baseline, raised):
    write(branch.root / NAME, raised)
    uncommitted = read(branch)
    assert uncommitted.proposed == replace(raised, source=NAME)
    assert uncommitted.baseline.tests == baseline.tests
    branch.commit()
    assert read(branch) == uncommitted


def test_the_configured_file_below_the_root_is_proposed(repository, baseline, raised):
    repository.commit(part__ci__base_json=dumps(baseline))
    root = repository.root / "part"
    write(root / "ci" / "base.json", raised)
    assert read(repository, "git:main", configured="ci/base.json", root=root).proposed.tests == raised.tests


def test_line_ends_of_the_work_tree_are_no_proposal(branch, baseline):
    (branch.root / NAME).write_bytes(dumps(baseline).replace("\n", "\r\n").encode())
    assert read(branch).proposed is None


def test_an_acceptance_alone_is_a_proposal(branch, baseline):
    made = Acceptance(on="2026-11-26", by="Ada", reason="why", before_usd=Decimal(1), after_usd=Decimal(2))
    write(branch.root / NAME, replace(baseline, accepted=(*baseline.accepted, made)))
    assert made in read(branch).proposed.accepted


def test_the_same_file_with_a_commit_of_its_own_is_no_proposal(branch, baseline):
    named = replace(baseline, header=replace(baseline.header, commit="f" * 40))
    branch.commit(**{FILE: dumps(named)})
    branch.git("checkout", "--quiet", "-b", "more")
    assert read(branch, "git:feature").proposed is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<<<<<<< ours\n", f"{NAME} holds git conflict markers: resolve the merge"),
        ('{"format": "pytest-llmcost/baseline", "version": 2}', f"{NAME} has format version 2, and 1 is the newest"),
        ("{}", f"{NAME} is not a baseline"),
        (None, f"{NAME} does not exist"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_the_comparison_goes_on(branch, baseline, text, told):
    (branch.root / NAME).unlink()
    if text is not None:
        (branch.root / NAME).write_text(text)
    found = read(branch)
    assert found.baseline.tests == baseline.tests
    assert found.proposed is None
    assert found.unread.startswith(told)
    assert "\n" not in found.unread


def test_a_real_merge_conflict_in_the_work_tree_is_told(branch, baseline, raised):
    branch.commit(**{FILE: dumps(raised)})
    branch.git("checkout", "--quiet", "main")
    branch.commit(**{FILE: dumps(replace(baseline, tests={}))})
    branch.git("checkout", "--quiet", "feature")
    branch.git("merge", "--quiet", "main", check=False)
    assert read(branch, "git:main").unread.startswith(f"{NAME} holds git conflict markers")


def test_a_baseline_that_is_a_file_or_nothing_stays_as_it_is(repository, baseline):
    repository.commit(**{FILE: dumps(baseline)})
    for against in (Against(baseline, "Compared with a file."), Against(None, "No baseline yet.", "f" * 40)):
        assert with_work_tree(against, configured=None, root=repository.root, environ={}) is against


def test_a_baseline_that_was_last_written_before_the_fork_point_says_when(repository, baseline):
    first = repository.commit(**{FILE: dumps(baseline)})
    for number in range(12):
        fork = repository.commit(other_json=str(number))
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(other_json="x")
    assert read(repository).behind == (
        f"{NAME} at the merge base with main ({fork[:7]}) was last written 12 commits earlier ({first[:7]})"
    )
    assert read(repository, "git:HEAD~13").behind == ""
    assert read(repository, "git:HEAD~12").behind.endswith(f"was last written 1 commit earlier ({first[:7]})")


def test_a_baseline_that_a_merge_brought_is_as_old_as_its_own_commit(repository, baseline, raised):
    repository.commit(**{FILE: dumps(baseline)})
    repository.git("checkout", "--quiet", "-b", "theirs")
    wrote = repository.commit(**{FILE: dumps(raised)})
    repository.git("checkout", "--quiet", "main")
    repository.commit(other_json="x")
    repository.git("merge", "--quiet", "theirs", "-m", "merge")
    head = repository.git("rev-parse", "HEAD")
    assert git.last_written(head, NAME, root=repository.root) == (wrote, 2)


def test_in_a_shallow_clone_nothing_is_said_about_age(repository, baseline, tmp_path):
    repository.commit(**{FILE: dumps(baseline)})
    for number in range(3):
        repository.commit(other_json=str(number))
    clone = repository.clone(tmp_path / "clone", "--depth=2")
    assert read(clone, "git:HEAD").behind == ""
    assert read(repository, "git:HEAD").behind != ""


def test_the_age_of_a_file_with_the_name_of_a_pattern_is_its_own(repository):
    first = repository.commit(**{"[b]ase*_json": "{}"})
    head = repository.commit(base_json="{}")
    assert git.last_written(head, "[b]ase*.json", root=repository.root) == (first, 1)
    assert git.last_written(head, "none.json", root=repository.root) is None


@pytest.mark.parametrize(("name", "known"), [("Ada  Lovelace", "Ada Lovelace"), ("Åsa\tB", "Åsa B"), (None, "")])
def test_the_author_is_whom_git_is_configured_for(repository, monkeypatch, name, known):
    for scope in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{scope}", "/dev/null")
    if name:
        repository.git("config", "user.name", name)
    assert git.author(repository.root) == known


def test_without_git_the_author_is_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.author(tmp_path) == ""

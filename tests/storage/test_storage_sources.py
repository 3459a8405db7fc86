"""Where the baseline comes from, and what people are told about it."""

from dataclasses import replace

import pytest

from pytest_llmcost.core.against import Against
from pytest_llmcost.errors import BaselineError, GitError
from pytest_llmcost.storage.baseline import dumps, write
from pytest_llmcost.storage.sources import read_baseline

NAME = "llmcost-baseline.json"
PULL_REQUEST = {"GITHUB_BASE_REF": "main"}


def read(repository, option=None, *, configured=None, root=None, **environ):
    return read_baseline(option, configured=configured, root=root or repository.root, environ=environ)


@pytest.fixture
def versions(baseline, entry, profile):
    """Two baselines that can be told apart."""
    return baseline, replace(baseline, tests={"tests/test_new.py::test_it": entry(profile(8))})


@pytest.fixture
def pull_request(repository, versions, tmp_path):
    """A clone on a branch whose own baseline differs from the one at the fork point, as does the tip of main."""
    at_fork, on_branch = versions
    repository.commit(**{NAME.replace(".json", "_json"): dumps(at_fork)})
    fork = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(**{NAME.replace(".json", "_json"): dumps(on_branch)})
    repository.git("checkout", "--quiet", "main")
    repository.commit(**{NAME.replace(".json", "_json"): dumps(replace(on_branch, tests={}))})
    clone = repository.clone(tmp_path / "clone", "--branch=feature")
    return clone, fork


def test_none_switches_the_comparison_off(repository, baseline):
    write(repository.root / NAME, baseline)

    assert read(repository, "none") == Against(None, "No comparison: the baseline is switched off.")


def test_the_default_is_the_file_in_the_work_tree(repository, baseline):
    write(repository.root / NAME, baseline)

    assert read(repository) == Against(replace(baseline, source=NAME), f"Compared with {NAME}.")


def test_the_configuration_names_another_file(repository, baseline):
    write(repository.root / "ci" / "tokens.json", baseline)

    found = read(repository, configured="ci/tokens.json")

    assert found == Against(replace(baseline, source="ci/tokens.json"), "Compared with ci/tokens.json.")


def test_before_the_first_baseline_the_sentence_says_how_to_write_it(repository):
    assert read(repository) == Against(None, f"No baseline yet: --llmcost-update-baseline writes {NAME}.")


def test_a_default_file_that_is_no_baseline_is_an_error(repository):
    (repository.root / NAME).write_text("{}")

    with pytest.raises(BaselineError, match=f"^{NAME} is not a baseline"):
        read(repository)


def test_a_default_file_that_cannot_be_read_is_an_error(repository):
    (repository.root / NAME).mkdir()

    with pytest.raises(BaselineError, match=f"^{NAME} cannot be read"):
        read(repository)


def test_a_name_that_no_file_can_have_is_an_error(repository):
    with pytest.raises(BaselineError, match=r"cannot be read \(embedded null byte\)"):
        read(repository, configured="a\0b")


def test_a_file_on_the_command_line_is_relative_to_the_working_folder(repository, baseline, tmp_path, monkeypatch):
    write(tmp_path / "other.json", baseline)
    monkeypatch.chdir(tmp_path)

    assert read(repository, "other.json").baseline == replace(baseline, source="other.json")
    assert read(repository, "other.json", **PULL_REQUEST).sentence == "Compared with other.json."


def test_a_file_that_was_asked_for_and_is_missing_is_an_error(repository):
    with pytest.raises(BaselineError, match=r"^missing\.json does not exist"):
        read(repository, "missing.json")


def test_a_ref_gives_the_configured_file_at_that_ref(repository, versions):
    old, new = versions
    first = repository.commit(llmcost__base_json=dumps(old))
    repository.git("tag", "v1")
    repository.commit(llmcost__base_json=dumps(new))

    found = read(repository, "git:v1", configured="llmcost/base.json")

    assert found.baseline.tests == old.tests
    assert found.baseline.source == "git:v1"
    assert found.baseline.header == replace(old.header, commit=first)
    assert found.sentence == f"Compared with llmcost/base.json at v1 ({first[:7]})."


def test_a_commit_that_the_baseline_names_itself_is_kept(repository, baseline):
    named = replace(baseline, header=replace(baseline.header, commit="f" * 40))
    repository.commit(**{NAME.replace(".json", "_json"): dumps(named)})

    assert read(repository, "git:main").baseline.header.commit == "f" * 40


def test_a_ref_without_a_baseline_is_told(repository):
    commit = repository.commit(other_json="x")

    assert read(repository, "git:main") == Against(
        None, f"No baseline at main ({commit[:7]}) yet: commit {NAME} there."
    )


def test_an_unknown_ref_that_was_asked_for_is_an_error(repository):
    repository.commit()

    with pytest.raises(GitError, match=r"^git does not know 'nowhere'"):
        read(repository, "git:nowhere")
    with pytest.raises(GitError, match=r"^git does not know 'nowhere'"):
        read(repository, "git:merge-base:nowhere")


@pytest.mark.parametrize("option", ["git:", "git:merge-base:"])
def test_a_git_source_without_a_ref_is_an_error(repository, option):
    with pytest.raises(BaselineError, match=f"^--llmcost-baseline={option} lacks a ref: write git:main or"):
        read(repository, option)


def test_a_damaged_baseline_at_a_ref_names_the_ref(repository):
    repository.commit(**{NAME.replace(".json", "_json"): "<<<<<<< ours"})

    with pytest.raises(BaselineError, match=r"^git:main holds git conflict markers"):
        read(repository, "git:main")


def test_the_fork_point_can_be_asked_for(pull_request, versions):
    clone, fork = pull_request

    found = read(clone, "git:merge-base:origin/main")

    assert found.baseline.tests == versions[0].tests
    assert found.baseline.header.commit == fork
    assert found.baseline.source == "git:merge-base:origin/main"
    assert found.sentence == f"Compared with {NAME} at the merge base with origin/main ({fork[:7]})."


@pytest.mark.parametrize("variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])
def test_a_pull_request_is_compared_with_its_fork_point(pull_request, versions, variable):
    clone, fork = pull_request

    found = read(clone, **{variable: "main"})

    assert found.baseline.tests == versions[0].tests
    assert found.baseline.header.commit == fork


def test_an_empty_base_branch_is_no_pull_request(pull_request, versions):
    clone, _ = pull_request

    found = read(clone, GITHUB_BASE_REF="")

    assert found.baseline.tests == versions[1].tests
    assert found.sentence == f"Compared with {NAME}."


def test_a_pull_request_without_a_remote_falls_back_to_the_local_branch(repository, baseline):
    fork = repository.commit(**{NAME.replace(".json", "_json"): dumps(baseline)})
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(**{NAME.replace(".json", "_json"): "{}"})

    found = read(repository, **PULL_REQUEST)

    assert found.baseline.tests == baseline.tests
    assert found.sentence == f"Compared with {NAME} at the merge base with main ({fork[:7]})."


def test_the_pull_request_that_adds_the_baseline_has_none_to_compare_with(repository, baseline, tmp_path):
    fork = repository.commit(other_json="x")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(**{NAME.replace(".json", "_json"): dumps(baseline)})
    clone = repository.clone(tmp_path / "clone", "--branch=feature")

    assert read(clone, **PULL_REQUEST) == Against(
        None, f"No baseline at the merge base with origin/main ({fork[:7]}) yet: commit {NAME} there."
    )


def test_on_a_pull_request_in_a_shallow_clone_the_sentence_says_fetch_depth(repository, baseline, tmp_path):
    repository.commit(**{NAME.replace(".json", "_json"): dumps(baseline)})
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(other_json="x")
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--branch=feature")

    found = read(clone, **PULL_REQUEST)

    assert found.baseline is None
    assert found.sentence.startswith("No comparison: git does not know 'origin/main', and the clone is shallow")
    assert "fetch-depth: 0" in found.sentence


def test_a_pull_request_checked_out_as_a_merge_commit_is_compared_with_the_tip_of_its_base(pull_request):
    clone, _ = pull_request
    clone.git("merge", "--quiet", "-s", "ours", "origin/main", "-m", "as the runner does")
    tip = clone.git("rev-parse", "origin/main")

    found = read(clone, **PULL_REQUEST)

    assert found.baseline.header.commit == tip
    assert found.baseline.tests == {}


def test_a_pull_request_outside_a_repository_has_no_baseline(tmp_path):
    found = read_baseline(None, configured=None, root=tmp_path, environ=PULL_REQUEST)

    assert found.baseline is None
    assert "not in a git repository" in found.sentence


def test_a_base_branch_that_looks_like_an_option_is_not_given_to_git(repository):
    repository.commit()

    found = read(repository, GITHUB_BASE_REF="--upload-pack=touch stolen")

    assert found.baseline is None
    assert not (repository.root / "stolen").exists()

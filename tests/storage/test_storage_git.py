"""Git is only read, and what it cannot answer is one sentence with the fix."""

import os
import subprocess

import pytest

from pytest_llmcost.errors import GitError
from pytest_llmcost.storage import git


def test_a_file_is_shown_as_it_is_at_a_ref(repository):
    repository.commit(file_json="old")
    repository.git("tag", "v1")
    repository.commit(file_json="new")

    assert git.show("v1", "file.json", root=repository.root) == b"old"
    assert git.show("main", "file.json", root=repository.root) == b"new"
    assert git.show("HEAD~1", "file.json", root=repository.root) == b"old"


def test_the_bytes_are_those_of_the_commit_and_no_filter_touches_them(repository):
    (repository.root / ".gitattributes").write_text("*.json text eol=crlf diff=upper\n")
    repository.git("config", "diff.upper.textconv", "tr a-z A-Z <")
    repository.commit(file_json="a\nb\n")

    assert git.show("main", "file.json", root=repository.root) == b"a\nb\n"


def test_the_root_may_be_a_folder_of_the_repository(repository):
    repository.commit(services__chat__file_json="inner", file_json="outer")
    root = repository.root / "services" / "chat"

    assert git.show("main", "file.json", root=root) == b"inner"
    assert git.show("main", "../../file.json", root=root) == b"outer"
    assert git.show("main", str(root / "file.json"), root=root) == b"inner"


def test_a_file_that_the_ref_lacks_is_told_from_an_unknown_ref(repository):
    repository.commit(other_json="x")
    (repository.root / "file.json").write_text("not committed")

    with pytest.raises(git.NotInRefError, match=r"^file.json does not exist at 'main': commit it there"):
        git.show("main", "file.json", root=repository.root)
    with pytest.raises(GitError, match=r"^git does not know 'nowhere': fetch it, or name another") as caught:
        git.show("nowhere", "file.json", root=repository.root)
    assert not isinstance(caught.value, git.NotInRefError)


def test_a_folder_is_not_a_file(repository):
    repository.commit(folder__file_json="x")

    with pytest.raises(GitError, match=r"^git cannot read folder at 'main'") as caught:
        git.show("main", "folder", root=repository.root)
    assert not isinstance(caught.value, git.NotInRefError)


def test_a_file_outside_the_repository_is_refused(repository):
    repository.commit(file_json="x")

    with pytest.raises(GitError, match="is outside repository"):
        git.show("main", "../file.json", root=repository.root)


@pytest.mark.parametrize("ref", ["--output=stolen", "-h", "", "a\0b"])
def test_what_git_would_take_for_an_option_is_refused(repository, ref):
    repository.commit(file_json="x")

    for ask in (
        lambda: git.show(ref, "file.json", root=repository.root),
        lambda: git.merge_base(ref, repository.root),
        lambda: git.commit(ref, root=repository.root),
    ):
        with pytest.raises(GitError, match="is not a git ref: name a branch"):
            ask()
    assert not (repository.root / "stolen").exists()


@pytest.mark.parametrize("ref", ["main..main", "main:file.json", "main^{tree}", "no such", "@{upstream}"])
def test_what_names_no_commit_is_unknown(repository, ref):
    repository.commit(file_json="x")

    with pytest.raises(GitError, match=r"git (does not know|cannot look up)"):
        git.commit(ref, root=repository.root)


def test_the_merge_base_is_where_the_branch_forked_off(repository):
    fork = repository.commit(a_json="1")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(b_json="2")
    repository.git("checkout", "--quiet", "main")
    repository.commit(a_json="3")
    repository.git("checkout", "--quiet", "feature")

    assert git.merge_base("main", repository.root) == fork


def test_branches_without_common_history_are_one_sentence(repository):
    repository.commit(a_json="1")
    repository.git("checkout", "--quiet", "--orphan", "island")
    repository.commit(a_json="2")

    with pytest.raises(GitError, match=r"^'main' and what is checked out have no common history"):
        git.merge_base("main", repository.root)


def test_a_shallow_clone_says_how_to_fetch_the_history(repository, tmp_path):
    repository.commit(a_json="1")
    repository.git("tag", "v1")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(a_json="2")
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--branch=feature")

    for ask in (
        lambda: git.merge_base("origin/main", clone.root),
        lambda: git.show("v1", "a.json", root=clone.root),
    ):
        with pytest.raises(GitError, match=r"^git does not know '.*', and the clone is shallow: .*fetch-depth: 0"):
            ask()


def test_a_fork_point_that_a_shallow_clone_lacks_says_how_to_fetch_it(repository, tmp_path):
    repository.commit(a_json="1")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit(a_json="2")
    repository.git("checkout", "--quiet", "main")
    repository.commit(a_json="3")
    clone = repository.clone(tmp_path / "clone", "--depth=1", "--no-single-branch", "--branch=feature")

    with pytest.raises(GitError, match=r"^the fork point from 'origin/main' is not in this clone.*fetch-depth: 0"):
        git.merge_base("origin/main", clone.root)


def test_outside_a_repository_there_is_no_head_and_no_ref(tmp_path):
    assert git.head(tmp_path) is None
    with pytest.raises(GitError, match="the project is not in a git repository, so name a baseline file"):
        git.show("main", "file.json", root=tmp_path)
    with pytest.raises(GitError, match="not in a git repository"):
        git.merge_base("main", tmp_path)


def test_a_repository_of_another_user_says_how_to_trust_it(repository, monkeypatch):
    repository.commit()
    # How git's own tests make it believe that the folder belongs to someone else.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    assert git.head(repository.root) is None
    with pytest.raises(GitError, match=r"belongs to another user: git config --global --add safe.directory"):
        git.commit("main", root=repository.root)


def test_without_git_there_is_no_head_and_one_sentence(repository, monkeypatch, tmp_path):
    repository.commit()
    monkeypatch.setenv("PATH", str(tmp_path))

    assert git.head(repository.root) is None
    with pytest.raises(GitError, match=r"^git is not installed: install it, or name a baseline file"):
        git.commit("main", root=repository.root)


def test_a_git_that_hangs_is_given_up(repository, monkeypatch, tmp_path):
    repository.commit()
    script = tmp_path / "git"
    script.write_text("#!/bin/sh\nexec sleep 20\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(git, "TIMEOUT", 0.2)

    assert git.head(repository.root) is None
    with pytest.raises(GitError, match=r"^git did not answer within 0.2 seconds"):
        git.commit("main", root=repository.root)


def test_the_head_has_commit_branch_and_whether_it_is_dirty(repository):
    commit = repository.commit(a_json="1")
    assert git.head(repository.root) == git.Head(commit=commit, branch="main", dirty=False)

    (repository.root / "report.html").write_text("untracked")
    assert git.head(repository.root) == git.Head(commit=commit, branch="main", dirty=False)

    (repository.root / "a.json").write_text("2")
    assert git.head(repository.root) == git.Head(commit=commit, branch="main", dirty=True)


def test_a_detached_head_has_no_branch(repository):
    commit = repository.commit(a_json="1")
    repository.git("checkout", "--quiet", "--detach")

    assert git.head(repository.root) == git.Head(commit=commit, branch=None, dirty=False)


def test_before_the_first_commit_there_is_no_head(repository):
    assert git.head(repository.root) is None


def test_inside_a_git_hook_the_project_is_still_found(repository, monkeypatch, tmp_path):
    commit = repository.commit(inner__file_json="x")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    assert git.head(repository.root / "inner") == git.Head(commit=commit, branch="main", dirty=False)
    assert git.show("main", "file.json", root=repository.root / "inner") == b"x"


def test_a_language_of_the_user_changes_nothing(repository, monkeypatch):
    repository.commit(a_json="1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")

    with pytest.raises(GitError, match="is outside repository"):
        git.show("main", "../file.json", root=repository.root)


def test_nothing_in_the_repository_is_written(repository):
    repository.commit(a_json="1")
    path = repository.root / "a.json"
    os.utime(path, (1, 1))
    before = (repository.root / ".git" / "index").read_bytes()

    git.head(repository.root)
    git.show("main", "a.json", root=repository.root)

    assert (repository.root / ".git" / "index").read_bytes() == before
    # What git itself does by default, so that this test can fail.
    subprocess.run(["git", "-C", str(repository.root), "status"], check=True, capture_output=True)
    assert (repository.root / ".git" / "index").read_bytes() != before

"""The commits that touched a file, as git's own history simplification lists them, with its names and contents."""

from __future__ import annotations

import os

import pytest

from pytest_llmcost.errors import GitError
from pytest_llmcost.storage import git_history
from pytest_llmcost.storage.git_history import contents, file_history, since

LINES = "".join(f"{number}\n" for number in range(20))


def listed(repository, path="b.json", folder="", **options):
    """Subject and subjects of the parents of every commit, newest first."""
    history = file_history(path, root=repository.root / folder, **options)
    subjects = {commit.hash: commit.subject for commit in history.commits}
    return [(commit.subject, [subjects[parent] for parent in commit.parents]) for commit in history.commits]


def branched(repository, *, ours=None, theirs=None):
    """A branch and main that both go on after `start`, and their merge."""
    repository.commit("start", b_json=LINES)
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit("theirs", **theirs)
    repository.git("checkout", "--quiet", "main")
    repository.commit("ours", **ours)
    repository.git("merge", "--quiet", "--no-edit", "--no-ff", "-m", "merge", "topic")


def test_commits_that_did_not_touch_the_file_are_left_out(repository):
    repository.commit("start", b_json="1", other="x")
    repository.commit("elsewhere", other="y")
    repository.commit("edit", b_json="2")
    assert listed(repository) == [("edit", ["start"]), ("start", [])]


def test_a_commit_is_known_by_author_date_and_first_line(repository):
    name = repository.commit("Größer — ✓\n\nand a body", b_json="1")
    (commit,) = file_history("b.json", root=repository.root).commits
    assert (commit.hash, commit.parents, commit.is_merge) == (name, (), False)
    assert (commit.subject, commit.author) == ("Größer — ✓", "dev@example.org")
    assert commit.date == commit.authored_at[:10] == repository.git("log", "-1", "--format=%as")


def test_a_merge_that_took_the_file_of_one_side_is_left_out(repository):
    branched(repository, ours={"other": "x"}, theirs={"b_json": LINES + "20\n"})
    assert listed(repository) == [("theirs", ["start"]), ("start", [])]


def test_a_merge_of_two_changes_is_listed_with_both_sides(repository):
    branched(repository, ours={"b_json": LINES + "20\n"}, theirs={"b_json": "-1\n" + LINES})
    assert listed(repository)[0] == ("merge", ["ours", "theirs"])
    assert sorted(listed(repository)[1:3]) == [("ours", ["start"]), ("theirs", ["start"])]
    assert file_history("b.json", root=repository.root).commits[0].is_merge


def test_on_the_first_parents_a_merge_has_what_it_brought(repository):
    branched(repository, ours={"other": "x"}, theirs={"b_json": LINES + "20\n"})
    assert listed(repository, first_parent=True) == [("merge", ["start"]), ("start", [])]


def test_a_renamed_file_keeps_its_history_and_its_contents(repository):
    repository.commit("start", old__b_json=LINES)
    repository.git("mv", "old/b.json", "c.json")
    repository.commit("rename")
    (repository.root / "new").mkdir()
    repository.git("mv", "c.json", "new/b.json")
    repository.commit("rename again", new__b_json=LINES + "20\n")
    assert [subject for subject, _ in listed(repository, "new/b.json")] == ["rename again", "rename", "start"]
    history = file_history("b.json", root=repository.root / "new")
    assert history.names == ("new/b.json", "c.json", "old/b.json")
    with contents(history, root=repository.root) as read:
        assert [read(commit.hash) for commit in history.commits] == [
            ("new/b.json", (LINES + "20\n").encode()),
            ("c.json", LINES.encode()),
            ("old/b.json", LINES.encode()),
        ]


def test_a_change_made_on_a_branch_under_the_old_name_is_listed(repository):
    repository.commit("start", b_json=LINES)
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit("theirs", b_json=LINES + "20\n")
    repository.git("checkout", "--quiet", "main")
    repository.git("mv", "b.json", "c.json")
    repository.commit("rename")
    repository.git("merge", "--quiet", "--no-edit", "-m", "merge", "topic")
    assert listed(repository, "c.json")[0] == ("merge", ["rename", "theirs"])
    assert ("theirs", ["start"]) in listed(repository, "c.json")


def test_where_the_file_is_deleted_it_has_no_contents(repository):
    repository.commit("start", b_json=LINES)
    repository.git("rm", "--quiet", "b.json")
    repository.commit("delete")
    repository.commit("again", b_json="")
    history = file_history("b.json", root=repository.root)
    with contents(history, root=repository.root) as read:
        assert [read(commit.hash) for commit in history.commits] == [("b.json", b""), None, ("b.json", LINES.encode())]


def test_a_folder_in_the_place_of_the_file_is_not_the_file(repository):
    repository.commit("start", b_json__x="1")
    history = file_history("b.json", root=repository.root)
    with contents(history, root=repository.root) as read:
        assert read(history.commits[0].hash) is None


def test_a_project_in_a_folder_with_an_odd_name_has_its_own_file(repository):
    folder = "a [b] *ü"
    repository.commit("other", b_json="other")
    repository.commit("start", **{f"{folder}__b_json": "mine"})
    history = file_history("b.json", root=repository.root / folder)
    assert [commit.subject for commit in history.commits] == ["start"]
    with contents(history, root=repository.root) as read:
        assert read(history.commits[0].hash) == (f"{folder}/b.json", b"mine")


def test_settings_of_the_user_and_variables_of_hooks_change_nothing(repository, monkeypatch, tmp_path):
    repository.commit("start", b_json="1")
    repository.commit("edit", b_json="2")
    for key, value in {
        "log.follow": "true",
        "color.ui": "always",
        "log.showSignature": "true",
        "format.pretty": "raw",
    }.items():
        repository.git("config", key, value)
    monkeypatch.setenv("GIT_DIR", os.devnull)
    assert listed(repository) == [("edit", ["start"]), ("start", [])]


def test_a_shallow_clone_says_where_it_ends(repository, tmp_path):
    repository.commit("start", b_json="1")
    last = repository.commit("edit", b_json="2")
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    history = file_history("b.json", root=clone.root)
    assert (history.ends, [commit.subject for commit in history.commits]) == ({last}, ["edit"])
    assert file_history("b.json", root=repository.root).ends == frozenset()
    with pytest.raises(
        GitError, match=r"^c.json was never committed: the clone is shallow, so fetch the whole history$"
    ):
        file_history("c.json", root=clone.root)


def test_commits_since_a_ref_are_those_that_it_does_not_hold(repository):
    branched(repository, ours={"b_json": LINES + "20\n"}, theirs={"b_json": "-1\n" + LINES})
    names = {commit.hash: commit.subject for commit in file_history("b.json", root=repository.root).commits}
    assert {names[name] for name in since("topic", root=repository.root)} == {"merge", "ours"}
    with pytest.raises(GitError, match="git does not know 'gone'"):
        since("gone", root=repository.root)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("c.json", "^c.json was never committed: commit it, or set `baseline` to the file that was$"),
        ("../c.json", "^../c.json is outside of the git repository"),
    ],
)
def test_a_file_without_history_is_one_sentence(path, told, repository):
    repository.commit("start", b_json="1")
    with pytest.raises(GitError, match=told):
        file_history(path, root=repository.root)


def test_outside_of_a_repository_and_before_the_first_commit_there_is_one_sentence(repository, tmp_path):
    with pytest.raises(GitError, match=r"^nothing is committed yet"):
        file_history("b.json", root=repository.root)
    (tmp_path / "plain").mkdir()
    with pytest.raises(GitError, match="plain is not in a git repository"):
        file_history("b.json", root=tmp_path / "plain")


def test_the_number_of_git_processes_does_not_depend_on_the_number_of_commits(repository, monkeypatch):
    for number in range(12):
        repository.commit(f"edit {number}", b_json=str(number))
    calls = []
    run = git_history.run
    monkeypatch.setattr(git_history, "run", lambda *given, **more: calls.append(given) or run(*given, **more))
    history = file_history("b.json", root=repository.root)
    with contents(history, root=repository.root) as read:
        assert len([read(commit.hash) for commit in history.commits]) == 12
    assert len(calls) <= 4

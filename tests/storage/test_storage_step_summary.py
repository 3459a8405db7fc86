"""The job summary and the place of a project in its repository, with real files."""

import os
import stat

import pytest

from pytest_llmcost.storage.checkout import Step, prefix, step
from pytest_llmcost.storage.step_summary import LIMIT, append


def test_what_is_there_stays_and_an_empty_line_parts_it(tmp_path):
    summary = tmp_path / "summary"
    summary.touch()  # as the runner does
    assert append(summary, "### Cost\n")
    assert append(summary, "more → end")
    assert summary.read_text(encoding="utf-8") == "### Cost\n\nmore → end\n"


def test_the_first_text_makes_the_file(tmp_path):
    assert append(tmp_path / "summary", "x\n")
    assert (tmp_path / "summary").read_bytes() == b"x\n"


@pytest.mark.parametrize("held", [0, 1000])
def test_a_full_summary_is_left_alone(held, tmp_path):
    summary = tmp_path / "summary"
    summary.write_bytes(b"x" * held)
    room = LIMIT - held - bool(held)
    assert not append(summary, "é" * (room // 2) + "\n" * (1 + room % 2))
    assert summary.stat().st_size == held
    assert append(summary, "y" * (room - 1) + "\n")
    assert summary.stat().st_size == LIMIT == 1024 * 1024 - 2


def test_a_line_end_that_is_added_counts_too(tmp_path):
    assert not append(tmp_path / "summary", "y" * LIMIT)
    assert append(tmp_path / "summary", "y" * (LIMIT - 1))


def test_a_lone_surrogate_is_no_obstacle(tmp_path):
    assert append(tmp_path / "summary", "a\ud800b\n")
    assert (tmp_path / "summary").read_bytes() == b"a\\ud800b\n"


def test_what_cannot_be_written_is_told_and_raises_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "no" / "summary", tmp_path / "a\0b", tmp_path / "pipe", tmp_path / ("x" * 300)):
        assert append(path, "x") is False


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_without_permission_is_told(tmp_path):
    summary = tmp_path / "summary"
    summary.touch(stat.S_IRUSR)
    assert append(summary, "x") is False


def test_a_step_is_known_by_one_variable():
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/tmp/s", "GITHUB_WORKSPACE": "/w"}
    found = step(environ)
    assert found is not None
    assert (str(found.summary), str(found.workspace)) == ("/tmp/s", "/w")
    assert step({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": ""}) == Step(summary=None, workspace=None)
    assert step(environ | {"GITHUB_ACTIONS": "false"}) is None
    assert step({"GITHUB_STEP_SUMMARY": "/tmp/s"}) is None


@pytest.mark.parametrize("repository", [".git/", ".git"])
def test_a_project_in_a_folder_of_its_repository(repository, tmp_path):
    project = tmp_path / "checkout" / "services" / "shop"
    project.mkdir(parents=True)
    entry = tmp_path / "checkout" / repository
    entry.mkdir() if repository.endswith("/") else entry.write_text("gitdir: elsewhere")
    assert prefix(project, tmp_path) == "services/shop/"  # also where the checkout is not the workspace itself
    assert prefix(tmp_path / "checkout") == ""


def test_without_a_repository_the_workspace_is_the_top(tmp_path):
    (tmp_path / "shop").mkdir()
    assert prefix(tmp_path / "shop", tmp_path) == "shop/"
    assert prefix(tmp_path / "shop", tmp_path / "elsewhere") == ""
    assert prefix(tmp_path / "shop") == ""


def test_a_link_to_the_workspace_is_the_workspace(tmp_path):
    (tmp_path / "real" / "shop").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert prefix(tmp_path / "real" / "shop", tmp_path / "link") == "shop/"

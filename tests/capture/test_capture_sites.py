"""Where a call was made, and whether it judges the product."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest

from pytest_llmcost.capture import sites as module
from pytest_llmcost.capture.sites import Sites

ROOT = Path(__file__).parents[2]
OUTER = "def run(then):\n    return then()\n"


@pytest.fixture
def project(tmp_path):
    """Make functions that call one another, each in a file of its own, and return the frame of the innermost."""

    def make(*names, root=tmp_path):
        chain = sys._getframe
        for name in names:
            path = root / name if not name.startswith(("<", "/")) else name
            namespace = {}
            exec(compile(OUTER, str(path), "exec"), namespace)
            chain = functools.partial(namespace["run"], chain)
        return chain

    return make


def test_the_innermost_file_of_the_project_is_the_site(project, tmp_path):
    frame = project("src/app.py", "tests/test_app.py")()
    assert Sites(str(tmp_path)).find(frame) == ("src/app.py:2", False)


def test_libraries_are_skipped(project, tmp_path):
    sites = Sites(str(tmp_path))
    frame = project("/usr/lib/python3/openai/client.py", "src/app.py", "tests/test_app.py")()
    assert sites.find(frame) == ("src/app.py:2", False)


@pytest.mark.parametrize(
    "inner",
    [
        ".venv/lib/python3.11/site-packages/openai/client.py",
        "env/Lib/site-packages/openai/client.py",
        "usr/lib/python3/dist-packages/openai/client.py",
        "<string>",
        "<frozen importlib._bootstrap>",
    ],
)
def test_installed_and_generated_code_inside_the_project_is_skipped(project, tmp_path, inner, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    frame = project(inner, "src/app.py")()
    assert Sites(str(tmp_path)).find(frame) == ("src/app.py:2", False)


def test_a_standard_library_inside_the_project_is_skipped(project, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_STANDARD_LIBRARY", f"{tmp_path}/env/lib/python3.11/")
    frame = project("env/lib/python3.11/contextlib.py", "src/app.py")()
    assert Sites(str(tmp_path)).find(frame) == ("src/app.py:2", False)


def test_our_own_code_is_no_site(project):
    frame = project("src/pytest_llmcost/capture/recorder.py", "tests/test_app.py", root=ROOT)()
    assert Sites(str(ROOT)).find(frame)[0] == "tests/test_app.py:2"


def test_without_a_file_of_the_project_there_is_no_site(project, tmp_path):
    assert Sites(str(tmp_path)).find(project("/usr/lib/a.py", "/usr/lib/threading.py")()) == (None, False)
    assert Sites(str(tmp_path)).find(None) == (None, False)


def test_what_lies_beyond_pytest_is_no_site(project, tmp_path):
    frame = project("/lib/openai.py", "/lib/_pytest/runner.py", "run_my_tests.py")()
    assert Sites(str(tmp_path)).find(frame) == (None, False)


def test_pytest_itself_may_be_between_test_and_call(project, tmp_path):
    """As in `pytest.raises(Error, client.create)` and in fixtures that are asked for while a test runs."""
    frame = project("/lib/openai.py", "/lib/_pytest/raises.py", "tests/test_app.py", "/lib/_pytest/runner.py")()
    assert Sites(str(tmp_path)).find(frame) == ("tests/test_app.py:2", False)


def test_a_root_behind_a_link_is_the_same_root(project, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    assert Sites(str(tmp_path / "link")).find(project("app.py", root=real)())[0] == "app.py:2"
    assert Sites(str(real)).find(project("app.py", root=tmp_path / "link")())[0] == "app.py:2"


def test_a_neighbour_with_a_longer_name_is_not_in_the_project(project, tmp_path):
    assert Sites(str(tmp_path / "app")).find(project("application/x.py")())[0] is None


JUDGES = ("tests/judges/**", "deepeval", "ragas.metrics", "judge.py")


@pytest.mark.parametrize(
    "names",
    [
        ("tests/judges/tone.py", "tests/test_app.py"),
        ("tests/judges/deep/er/tone.py",),
        ("/env/site-packages/deepeval/metrics/base.py", "tests/test_app.py"),
        (".venv/lib/site-packages/deepeval/__init__.py", "tests/test_app.py"),
        ("src/app.py", "/env/site-packages/ragas/metrics/base.py", "tests/test_app.py"),
        ("judge.py",),
    ],
)
def test_calls_made_through_judges_are_evaluations(project, tmp_path, names):
    assert Sites(str(tmp_path), JUDGES).find(project(*names)())[1]


@pytest.mark.parametrize(
    "names",
    [
        ("src/app.py", "tests/test_app.py"),
        ("src/judge.py",),
        ("/elsewhere/tests/judges/tone.py",),
        ("/env/site-packages/ragas/llms.py", "tests/test_app.py"),
        ("/env/site-packages/mydeepeval/x.py",),
        ("src/app.py", "/lib/_pytest/runner.py", "/env/site-packages/deepeval/cli/test.py"),
        ("/lib/openai.py", "/lib/_pytest/config/__init__.py", "/env/site-packages/deepeval/cli/test.py"),
    ],
)
def test_other_calls_are_no_evaluations(project, tmp_path, names):
    """The last ones: a judge's command line that runs pytest does not make every call a judgement."""
    assert not Sites(str(tmp_path), JUDGES).find(project(*names)())[1]


def test_a_judge_in_a_library_still_has_its_site(project, tmp_path):
    frame = project("/env/site-packages/deepeval/base.py", "tests/test_app.py")()
    assert Sites(str(tmp_path), JUDGES).find(frame) == ("tests/test_app.py:2", True)


def test_each_file_is_classified_once(project, tmp_path, monkeypatch):
    sites, asked = Sites(str(tmp_path)), []
    classify = sites._path
    monkeypatch.setattr(sites, "_path", lambda name: asked.append(name) or classify(name))
    for _ in range(3):
        assert sites.find(project("src/app.py")()) == ("src/app.py:2", False)
    assert len(asked) == len(set(asked))

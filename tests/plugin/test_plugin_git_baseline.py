"""The baseline of another commit: `git:REF`, the merge base, and the one that a pull request is compared with."""

import shutil
import subprocess

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
ASK = "from app import ask\ndef test_it(): ask('Hello' + ' word' * {words}, usage=({usage}, 2))\n"


def _git(project, *arguments):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=project.root, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def _commit(project, words, message):
    project.write("test_chat.py", ASK.format(words=words, usage=8 + words))
    project.update()
    _git(project, "add", "--all", ".")
    _git(project, "commit", "--quiet", "--message", message)
    return _git(project, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Where the repository is kept once it is made, and its commits by name."""
    return tmp_path_factory.mktemp("forked") / "project", {}


@pytest.fixture
def forked(project, template):
    """A branch with a prompt of 1,008 tokens; it forked off at 8 from main, which has 108 since."""
    folder, commits = template
    if not folder.exists():
        commits |= _fork(project)
        shutil.copytree(project.root, folder, symlinks=True)
    else:
        shutil.copytree(folder, project.root, symlinks=True, dirs_exist_ok=True)
    return project, commits


def _fork(project):
    project.configure(CHAT)
    project.write(".gitignore", "llmcost.json\n*.pyc\n__pycache__\nstdout\nstderr\nrunpytest-*\n")
    _git(project, "init", "--quiet", "--initial-branch=main")
    fork = _commit(project, 0, "begin")
    _git(project, "switch", "--quiet", "--create", "topic")
    topic = _commit(project, 1000, "a long prompt")
    _git(project, "switch", "--quiet", "main")
    main = _commit(project, 100, "go on")
    _git(project, "switch", "--quiet", "topic")
    return {"fork": fork, "topic": topic, "main": main}


@pytest.mark.parametrize(
    ("option", "before", "commit"),
    [
        ("git:main", "112", "main"),
        ("git:merge-base:main", "12", "fork"),
        ("git:HEAD", "1012", "topic"),
        ("git:HEAD~1", "12", "fork"),
    ],
)
def test_a_run_is_compared_with_the_baseline_of_a_ref(forked, option, before, commit):
    project, commits = forked
    ran = project.cost(f"--llmcost-baseline={option}")
    assert ran.json["comparison"]["monthly_before_usd"] == before
    assert ran.json["comparison"]["base"] == {"commit": commits[commit], "source": option}
    assert ran.has(f"baseline: {option} at {commits[commit][:7]}")
    assert ran.status == int(before != "1012")


@pytest.mark.parametrize(
    ("variable", "mode"), [("GITHUB_BASE_REF", ("-n", "2")), ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ())]
)
def test_a_pull_request_is_compared_with_its_fork_point(forked, monkeypatch, variable, mode):
    project, commits = forked
    monkeypatch.setenv(variable, "main")
    ran = project.cost(*mode)
    assert ran.json["comparison"]["base"]["commit"] == commits["fork"]
    assert ran.rules("error") == ["regression"]
    assert "$12.00 → $1,012.00" in ran.finding("regression")["message"]


def test_elsewhere_the_file_of_the_work_tree_is_what_counts(forked):
    project, _ = forked
    ran = project.cost()
    assert (ran.status, ran.rules()) == (0, [])
    assert ran.json["comparison"]["base"]["source"] == "llmcost-baseline.json"
    git = ran.json["git"]
    assert (git["branch"], git["dirty"]) == ("topic", False)
    project.write("test_chat.py", ASK.format(words=1000, usage=1008) + "# changed\n")
    assert project.cost().json["git"]["dirty"] is True


def test_a_pull_request_whose_base_is_not_there_is_not_compared_and_says_so(forked, monkeypatch):
    project, _ = forked
    monkeypatch.setenv("GITHUB_BASE_REF", "gone")
    ran = project.cost()
    assert (ran.status, ran.json["comparison"]) == (0, None)
    assert ran.has("not compared", "gone")


def test_a_ref_that_is_asked_for_and_not_there_ends_the_run(forked):
    project, _ = forked
    ran = project.cost("--llmcost-baseline=git:gone")
    assert ran.status == 4
    assert ran.has("gone")
    assert not ran.has("Traceback")


def test_a_ref_without_a_baseline_is_nothing_to_compare_with(project):
    project.configure(CHAT)
    project.write("test_chat.py", ASK.format(words=0, usage=8))
    _git(project, "init", "--quiet", "--initial-branch=main")
    _git(project, "add", "pyproject.toml")
    _git(project, "commit", "--quiet", "--message", "begin")
    ran = project.cost("--llmcost-baseline=git:main")
    assert (ran.status, ran.json["comparison"]) == (0, None)
    assert ran.has("No baseline at main")


def test_a_project_below_the_root_of_its_repository_is_found(forked):
    project, _ = forked
    (project.root / "part").mkdir()
    for name in ("app.py", "pyproject.toml", "test_chat.py", "llmcost-baseline.json"):
        (project.root / name).rename(project.root / "part" / name)
    _git(project, "add", "--all", ".")
    _git(project, "commit", "--quiet", "--message", "move")
    done = project.pytester.runpytest_subprocess(
        "-p", "pytest_llmcost.plugin", "--llmcost", "--llmcost-baseline=git:HEAD", "--rootdir=part", "part"
    )
    assert any("LLM cost check: pass" in line for line in done.outlines)
    assert any("unchanged against git:HEAD" in line for line in done.outlines)

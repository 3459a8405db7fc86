"""action.yml and the files to copy keep their promises: pinned, least privilege, real options, bare scripts."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from pytest_llmcost.cli import VERBS

ROOT = Path(__file__).parent.parent
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "action.yml", *ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/github/*.yml")]
}
FILES = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
ACTION = FILES.pop("action.yml")
GITLAB = yaml.safe_load((ROOT / "examples/gitlab/.gitlab-ci.yml").read_text(encoding="utf-8"))
OURS = f"OWNER/pytest-llmcost@{40 * '0'}"
PAGES = {page: (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in ["github", "gitlab"]}


def steps():
    """File and body of every step of the action and of all workflows."""
    for name, workflow in FILES.items():
        for job in workflow["jobs"].values():
            yield from ((name, step) for step in job["steps"])
    yield from (("action.yml", step) for step in ACTION["runs"]["steps"])


def scripts():
    """Every script, those of GitLab's job too."""
    yield from (step["run"] for _, step in steps() if "run" in step)
    for job in GITLAB.values():
        yield from [*job["script"], *job["after_script"]]


@cache
def options(*command: str) -> set[str]:
    """What a command takes, from its own help."""
    done = subprocess.run([sys.executable, "-m", *command, "--help"], capture_output=True, text=True, check=True)
    return set(re.findall(r"--[a-z][a-z-]+", done.stdout))


def calls(verb: str):
    """The scripts that use a verb of llmcost."""
    return [text for text in scripts() if re.search(rf"(?:\bllmcost|pytest_llmcost|arguments=\()\s*{verb}\b", text)]


def test_there_is_something_to_look_at():
    assert {f"examples/github/llmcost{end}.yml" for end in ["", "-measure", "-comment", "-shards"]} < FILES.keys()
    assert len(list(steps())) > 25
    assert len(list(scripts())) > 10


def test_no_script_has_a_template_in_it():
    assert [text for text in scripts() if "${{" in text] == []


def test_every_script_of_the_action_stops_at_its_first_error():
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert step["run"].startswith("set -euo pipefail\n")


def test_the_token_is_in_the_environment_of_one_step_and_in_no_script():
    assert [text for text in scripts() if "token" in text.lower()] == []
    given = [step["name"] for _, step in steps() if "token" in str(step.get("env", {})).lower()]
    assert given == ["Comment on the pull request"]


def test_every_action_is_pinned_to_a_commit():
    pinned = re.compile(r"actions/[a-z-]+@(?!0{40})[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+")
    used = [line.partition("uses: ")[2] for text in TEXTS.values() for line in text.splitlines() if "uses: " in line]
    assert len(used) == sum("uses" in step for _, step in steps())
    for line in used:
        assert pinned.fullmatch(line) or line.startswith(f"{OURS} # replace"), line
    versions = {line.split("@")[0]: line for line in used}
    assert set(used) == set(versions.values()), "one action, two versions"


@pytest.mark.parametrize("name", FILES)
def test_permissions_are_none_but_those_of_each_job_with_a_reason(name):
    assert FILES[name]["permissions"] == {}
    for job in FILES[name]["jobs"].values():
        assert job["permissions"]
        assert "timeout-minutes" in job
    for line in re.findall(r"^ +(?:contents|actions|pull-requests|[a-z-]+: write).*", TEXTS[name], flags=re.MULTILINE):
        assert re.search(r": (?:read|write) # to \w+", line), line


def test_only_the_comment_can_write_and_never_beside_a_fork_s_code():
    writing = {
        name: [
            permission
            for job in workflow["jobs"].values()
            for permission, what in job["permissions"].items()
            if what == "write"
        ]
        for name, workflow in FILES.items()
    }
    assert {name for name, permissions in writing.items() if permissions} == {
        f"examples/github/llmcost{end}.yml" for end in ["", "-comment", "-shards"]
    }
    assert {permission for permissions in writing.values() for permission in permissions} == {"pull-requests"}
    comment = FILES["examples/github/llmcost-comment.yml"]
    assert list(comment[True]) == ["workflow_run"]  # `on` is true in YAML 1.1
    assert [
        step for step in comment["jobs"]["comment"]["steps"] if "run" in step or "ref" in step.get("with", {})
    ] == []


def test_the_pair_for_forks_fits_together():
    measure, comment = (FILES[f"examples/github/llmcost-{name}.yml"] for name in ["measure", "comment"])
    assert comment[True]["workflow_run"]["workflows"] == [measure["name"]]
    upload = measure["jobs"]["measure"]["steps"][-1]["with"]
    assert (upload["name"], upload["path"]) == (ACTION["inputs"]["artifact"]["default"], "llmcost.json")


def test_no_checkout_keeps_the_token_and_those_that_compare_have_the_history():
    for name, step in steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            assert step["with"].get("fetch-depth") == (0 if name.startswith("examples/") else None)
    assert GITLAB["llmcost"]["variables"]["GIT_DEPTH"] == "0"


def test_inputs_are_those_that_the_action_has():
    uses = [step.get("with", {}) for _, step in steps() if step.get("uses") == OURS]
    assert len(uses) == 3
    for given in uses:
        assert given.keys() <= ACTION["inputs"].keys()


def test_every_input_is_used_documented_and_has_a_default():
    used = set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", TEXTS["action.yml"]))
    assert used == ACTION["inputs"].keys()
    table = PAGES["github"].partition("## The action")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, flags=re.MULTILINE) == list(ACTION["inputs"])
    assert all("default" in given for given in ACTION["inputs"].values())
    checked = ACTION["runs"]["steps"][0]["env"]
    assert {name.removeprefix("INPUT_").lower().replace("_", "-") for name in checked} == used - {"token"}
    for step in ACTION["runs"]["steps"]:
        assert all(f"${name}" in step["run"] for name in step["env"] if name != "GITHUB_TOKEN")


@pytest.mark.parametrize("verb", ["comment", "combine", "check"])
def test_the_command_has_every_option_that_a_script_uses(verb):
    if verb not in VERBS:
        pytest.skip(f"there is no llmcost {verb} yet")
    assert calls(verb)
    used = {option for text in calls(verb) for option in re.findall(r"(?<![\w-])--(?!llmcost)[a-z][a-z-]+", text)}
    assert used <= options("pytest_llmcost", verb)


def test_pytest_has_every_option_of_ours_that_a_script_uses():
    used = {option for text in scripts() for option in re.findall(r"--llmcost[a-z-]*", text)}
    assert {"--llmcost", "--llmcost-report", "--llmcost-record-only"} <= used
    assert used <= options("pytest")


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_only_verbs_and_options_that_exist(page):
    named = re.findall(r"`llmcost (\w+)([^`]*)`", PAGES[page])
    later = {"comment", "combine", "base"} - VERBS.keys()
    assert {verb for verb, _ in named} <= VERBS.keys() | later
    for verb, rest in named:
        if verb in VERBS:
            assert set(re.findall(r"--[a-z-]+", rest)) <= options("pytest_llmcost", verb)
    assert set(re.findall(r"--llmcost[a-z-]*", PAGES[page])) <= options("pytest")


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_every_permission_and_every_file_to_copy(page):
    if page == "github":
        needed = {
            f"`{name}: {what}`"
            for file in FILES.values()
            for job in file["jobs"].values()
            for name, what in job["permissions"].items()
        }
        assert needed
        assert [permission for permission in needed if permission not in PAGES[page]] == []
    for file in (ROOT / "examples" / page).iterdir():
        assert file.name in PAGES[page] or file.name == "README.md"

"""What the environment of GitHub Actions says, with events in which anything can stand."""

from __future__ import annotations

import json

import pytest
from forge_server import BASE_SHA, HEAD, REPOSITORY
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.forge.event import Trigger, github_event
from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.merge_event import gitlab_event

MERGE = "c" * 40
ZERO = "0" * 40
ENVIRON = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REPOSITORY": REPOSITORY,
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "123456789",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SHA": MERGE,
    "GITHUB_WORKFLOW_REF": "acme/shop/.github/workflows/tests.yml@refs/pull/7/merge",
}


def pull_event(**more):
    pull = {
        "number": 7,
        "head": {"sha": HEAD, "ref": "cheaper", "repo": {"full_name": REPOSITORY}},
        "base": {"sha": BASE_SHA, "ref": "main"},
    }
    return {"action": "synchronize", "pull_request": {**pull, **more}}


def run_event(**more):
    run = {
        "id": 99,
        "workflow_id": 55,
        "event": "pull_request",
        "conclusion": "success",
        "head_sha": HEAD,
        "head_branch": "cheaper",
        "head_repository": {"full_name": "mallory/shop"},
        "pull_requests": [],
    }
    return {"action": "completed", "workflow_run": {**run, **more}}


def event(fields, name="pull_request", **environ):
    return github_event({**ENVIRON, "GITHUB_EVENT_NAME": name, **environ}, json.dumps(fields))


def test_outside_of_github_actions_there_is_no_event():
    assert github_event({}, "") is None
    assert github_event({**ENVIRON, "GITHUB_ACTIONS": ""}, "{}") is None


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_a_pull_request_names_its_own_commit_and_not_the_merge_of_github(name):
    found = event(pull_event(), name)
    assert (found.number, found.head, found.head_branch, found.base, found.base_sha) == (
        7, HEAD, "cheaper", "main", BASE_SHA,
    )  # fmt: skip
    assert (found.name, found.repository, found.run, found.attempt, found.workflow) == (
        name, REPOSITORY, 123456789, 2, "tests.yml",
    )  # fmt: skip
    assert found.run_url == "https://github.com/acme/shop/actions/runs/123456789"
    assert found.files_url == f"https://github.com/acme/shop/blob/{HEAD}/"
    assert not found.is_fork


@pytest.mark.parametrize("repository", [{"full_name": "mallory/shop"}, None])
def test_a_pull_request_of_a_fork_is_one_also_when_the_fork_is_gone(repository):
    found = event(pull_event(head={"sha": HEAD, "ref": "cheaper", "repo": repository}))
    assert found.is_fork
    assert found.head_repository == (repository and "mallory/shop")


def test_a_push_names_its_branch_and_the_commit_before():
    found = event({"ref": "refs/heads/feature/a", "before": BASE_SHA, "after": HEAD}, "push")
    assert (found.head, found.head_branch, found.base_sha, found.number) == (HEAD, "feature/a", BASE_SHA, None)
    assert not found.is_fork


def test_the_push_of_a_new_branch_has_no_commit_before_and_a_tag_is_no_branch():
    assert event({"ref": "refs/heads/a", "before": ZERO, "after": HEAD}, "push").base_sha is None
    assert event({"ref": "refs/heads/a", "before": HEAD, "after": ZERO}, "push").head is None
    assert event({"ref": "refs/tags/v1", "before": ZERO, "after": HEAD}, "push").head_branch is None


def test_a_merge_group_names_both_commits():
    group = {
        "head_sha": HEAD,
        "head_ref": "refs/heads/queue/main/pr-7",
        "base_sha": BASE_SHA,
        "base_ref": "refs/heads/main",
    }
    found = event({"merge_group": group}, "merge_group")
    assert (found.head, found.base, found.base_sha, found.number) == (HEAD, "main", BASE_SHA, None)


def test_a_workflow_run_names_the_run_and_no_pull_request():
    found = event(run_event(), "workflow_run")
    assert found.trigger == Trigger(
        run=99,
        workflow=55,
        event="pull_request",
        conclusion="success",
        head=HEAD,
        branch="cheaper",
        repository="mallory/shop",
    )
    assert (found.number, found.head, found.is_fork) == (None, HEAD, True)


def test_a_workflow_run_of_the_repository_itself_is_no_fork_and_of_a_fork_that_is_gone_is_one():
    assert not event(run_event(head_repository={"full_name": "Acme/Shop"}), "workflow_run").is_fork
    gone = event(run_event(head_repository=None, head_branch=None, conclusion=None), "workflow_run")
    assert gone.is_fork
    assert (gone.trigger.repository, gone.trigger.branch, gone.trigger.conclusion) == (None, None, None)


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", ""])
def test_any_other_event_names_the_commit_that_is_checked_out_and_its_file_is_not_read(name):
    found = github_event({**ENVIRON, "GITHUB_EVENT_NAME": name}, "no JSON")
    assert (found.head, found.number, found.base) == (MERGE, None, None)
    assert github_event({**ENVIRON, "GITHUB_EVENT_NAME": name, "GITHUB_SHA": "main"}, "").head is None


@pytest.mark.parametrize("number", [0, -7, True, "7", 7.0, 1e400, None, [7], 2**80])
def test_a_number_that_is_none_is_one_line(number):
    with pytest.raises(ForgeError, match=r"number of pull_request of the event|not JSON"):
        event(pull_event(number=number))


@pytest.mark.parametrize("sha", ["", "main", HEAD.upper(), HEAD[:7], HEAD + "\n", "../" + HEAD, None, 7, HEAD + "0"])
def test_a_commit_that_is_none_is_one_line(sha):
    with pytest.raises(ForgeError, match="full hash of a commit"):
        event(pull_event(head={"sha": sha, "ref": "a", "repo": None}))


@pytest.mark.parametrize("ref", ["", None, 7, "a\nb", "a\0", "a\u202eb", "\x1b[31m"])
def test_a_branch_that_is_no_line_is_refused(ref):
    with pytest.raises(ForgeError, match="text of one line"):
        event(pull_event(base={"sha": BASE_SHA, "ref": ref}))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"pull_request": []}', "{}", '{"a": NaN}', "[" * 100_000, "\ud800"]
)
def test_an_event_that_is_no_event_is_one_line(text):
    with pytest.raises(ForgeError) as caught:
        github_event(ENVIRON, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", "shop"),
        ("GITHUB_REPOSITORY", "acme/shop/../../other"),
        ("GITHUB_API_URL", "http://api.github.com"),
        ("GITHUB_SERVER_URL", "javascript:alert(1)"),
        ("GITHUB_RUN_ID", "12x"),
        ("GITHUB_RUN_ID", "0"),
        ("GITHUB_RUN_ATTEMPT", "-1"),
        ("GITHUB_RUN_ID", "²"),
    ],
)
def test_an_environment_that_cannot_be_is_one_line(name, value):
    with pytest.raises(ForgeError) as caught:
        event(pull_event(), **{name: value})
    assert "\n" not in str(caught.value)


def test_what_an_older_runner_does_not_set_has_its_default():
    few = {name: ENVIRON[name] for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_REPOSITORY")}
    found = github_event(few, json.dumps(pull_event()))
    assert (found.api_url, found.server_url) == ("https://api.github.com", "https://github.com")
    assert (found.run, found.run_url, found.workflow) == (None, None, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                sorted({*pull_event()["pull_request"], *run_event()["workflow_run"], "sha", "ref", "repo", "full_name"})
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(name=st.sampled_from(["pull_request", "workflow_run", "push", "merge_group"]), inside=json_values)
def test_any_event_is_read_or_refused_in_one_line(name, inside):
    fields = {"pull_request": inside, "workflow_run": inside, "merge_group": inside, "ref": inside, "after": inside}
    try:
        said = str(event(fields, name).head)
    except ForgeError as error:
        said = str(error)
    assert said
    assert said.isprintable()


GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.com/api/v4",
    "CI_PROJECT_ID": "42",
    "CI_PROJECT_URL": "https://gitlab.com/acme/shop",
    "CI_MERGE_REQUEST_IID": "3",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE_SHA,
    "CI_COMMIT_SHA": HEAD,
    "CI_JOB_URL": "https://gitlab.com/acme/shop/-/jobs/1",
}


def test_a_job_of_a_merge_request_names_it():
    found = gitlab_event(GITLAB)
    assert (found.project, found.number, found.head, found.base, found.base_sha) == ("42", 3, HEAD, "main", BASE_SHA)
    assert found.api_url == "https://gitlab.com/api/v4"
    assert found.run_url == "https://gitlab.com/acme/shop/-/jobs/1"
    assert found.files_url == f"https://gitlab.com/acme/shop/-/blob/{HEAD}/"
    assert not found.is_fork


def test_where_gitlab_tests_its_own_merge_the_commit_of_the_branch_counts():
    found = gitlab_event({**GITLAB, "CI_COMMIT_SHA": MERGE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD})
    assert found.head == HEAD
    assert gitlab_event({**GITLAB, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": ""}).head == HEAD


def test_a_merge_request_of_a_fork_has_its_files_there():
    more = {
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_URL": "https://gitlab.com/m/shop",
    }
    found = gitlab_event({**GITLAB, **more})
    assert found.is_fork
    assert found.files_url.startswith("https://gitlab.com/m/shop/-/blob/")


def test_outside_of_gitlab_there_is_no_event_and_outside_of_a_merge_request_no_number():
    assert gitlab_event({}) is None
    found = gitlab_event({name: value for name, value in GITLAB.items() if "MERGE" not in name})
    assert (found.number, found.is_fork, found.base) == (None, False, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CI_PROJECT_ID", ""),
        ("CI_PROJECT_ID", "acme"),
        ("CI_MERGE_REQUEST_IID", "0"),
        ("CI_API_V4_URL", "http://gitlab"),
    ],
)
def test_an_environment_of_gitlab_that_cannot_be_is_one_line(name, value):
    with pytest.raises(ForgeError) as caught:
        gitlab_event({**GITLAB, name: value})
    assert "\n" not in str(caught.value)

"""What GitHub's own description of its API does not know is caught, so that its silence means something."""

from __future__ import annotations

import pytest
import requests
from forge_description import description
from forge_server import NUMBER, REPOSITORY, TOKEN, GitHub

from pytest_llmcost.forge.api import Api, Token
from pytest_llmcost.forge.github import PullRequest

COMMENTS = f"/repos/{REPOSITORY}/issues/{NUMBER}/comments"
SIGNED = {"Authorization": f"Bearer {TOKEN}"}

pytestmark = pytest.mark.skipif(description() is None, reason="GitHub's description or openapi-core is not there")


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", COMMENTS, {"json": {"text": "no body"}}),
        ("POST", COMMENTS, {"json": {"body": 7}}),
        ("POST", COMMENTS, {"json": {"body": ""}}),
        ("POST", COMMENTS, {"json": {"body": "x" * 65_537}}),
        ("POST", COMMENTS, {"json": {"body": "x", "more": 1}}),
        ("POST", COMMENTS, {"data": {"body": "a form"}}),
        ("POST", COMMENTS, {}),
        ("GET", COMMENTS, {"params": {"per_page": "101"}}),
        ("GET", COMMENTS, {"params": {"page": "first"}}),
        ("GET", f"/repos/{REPOSITORY}/issues/seven/comments", {}),
        ("PUT", f"/repos/{REPOSITORY}/issues/comments/1", {"json": {"body": "x"}}),
        ("GET", f"/repos/{REPOSITORY}/pulls", {"params": {"state": "opened"}}),
        ("GET", f"/repos/{REPOSITORY}/actions/workflows/tests.yml/runs", {"params": {"status": "good"}}),
        ("GET", f"/repos/{REPOSITORY}/issue/{NUMBER}/comments", {}),
    ],
)
def test_a_wrong_request_is_caught(method, path, more):
    with pytest.raises(AssertionError, match=path.rpartition("/")[2]), GitHub() as server:
        assert requests.request(method, server.url + path, headers=SIGNED, timeout=5, **more).status_code == 422


def test_a_request_without_a_token_is_caught():
    with pytest.raises(AssertionError), GitHub() as server:
        requests.get(server.url + COMMENTS, timeout=5)


def test_the_requests_of_the_client_are_not(clock):
    with GitHub() as server:
        PullRequest(Api(server.url, Token(TOKEN), sleep=clock.sleep), REPOSITORY, NUMBER).create("x")
    assert server.count("POST", COMMENTS) == 1

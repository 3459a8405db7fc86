"""The client: which addresses it talks to, what it sends, and how much it takes."""

from __future__ import annotations

import re

import pytest
from forge_server import REPOSITORY, TOKEN, GitHub
from forge_wire import Reply

import pytest_llmcost
from pytest_llmcost.forge.address import checked_repository
from pytest_llmcost.forge.api import Api, Token
from pytest_llmcost.forge.failure import DownError, ForgeError
from pytest_llmcost.forge.github import PullRequest

WRONG_URLS = [
    "", "github.com", "http://api.github.com", "http://10.0.0.1", "http://localhost.evil.example", "ftp://localhost",
    "https://user:hunter2@api.github.com", "https://", "https:///x", "https://host/?q=1", "https://host/#x",
    "https://ho st/", "https://host\n/", "https://host:port/", "https://[::1", "https://h\u00f6st/", "file:///etc/passwd",
    "https://host\\@other/", "http://127.0.0.1.evil.example/",
]  # fmt: skip


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_url_that_is_neither_https_nor_on_the_loopback_is_refused_in_one_line(url):
    with pytest.raises(ForgeError, match="https://host/path") as caught:
        Api(url, Token(TOKEN))
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://api.github.com", "https://host/api/v3/", "http://127.0.0.1:1", "http://localhost", "http://[::1]:8"],
)
def test_a_url_is_kept_without_its_last_slash(url):
    assert Api(url, Token(TOKEN)).url == url.rstrip("/")
    assert repr(Api(url, Token(TOKEN))) == f"Api({url.rstrip('/')!r})"


@pytest.mark.parametrize(
    "name",
    ["", "shop", "a/b/c", "../shop", "acme/..", "acme/.", "acme/sh op", "acme/shop?x", "/shop", "acme/\n", "é/shop"],
)
def test_a_repository_is_owner_and_name(name):
    with pytest.raises(ForgeError, match="owner/name"):
        checked_repository(name)


@pytest.mark.parametrize("name", ["acme/shop", "a_b-C/.github", "acme/shop.py", "ACME_corp/a-b_c"])
def test_every_name_that_github_gives_is_one(name):
    assert checked_repository(name) == name


@pytest.mark.parametrize(
    "path", ["user", "//evil.example/x", "/a//b", "/a?b", "/a#b", "/a/../b", "http://evil.example"]
)
def test_what_is_no_path_below_the_url_is_never_asked_for(server, api, path):
    with pytest.raises(ForgeError, match="not a path"):
        api.get(path)
    assert server.asked == []


def test_a_request_says_who_asks_and_what_it_understands(server, api):
    with pytest.raises(ForgeError):
        api.get("/user")
    headers = server.asked[0].headers
    assert headers["user-agent"] == f"pytest-llmcost/{pytest_llmcost.__version__}"
    assert headers["accept"] == "application/vnd.github+json, application/json;q=0.9"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["authorization"] == f"Bearer {TOKEN}"


def test_graphql_of_an_enterprise_server_is_beside_its_rest_api(clock):
    with GitHub(prefix="/api/v3") as server:
        api = Api(server.url, Token(TOKEN), sleep=clock.sleep)
        thread = PullRequest(api, REPOSITORY, 7)
        thread.hide(thread.create("x"))
    assert [one.path for one in server.asked] == ["/api/v3/repos/acme/shop/issues/7/comments", "/api/graphql"]
    assert server.comments[0]["minimized"]


def test_an_answer_without_an_end_is_cut_off(server, api):
    server.fail("GET", "/user", Reply(body=b"x" * 33 * 1024 * 1024))
    with pytest.raises(ForgeError, match="more than 33,554,432 bytes"):
        api.get("/user")


def test_an_answer_that_comes_byte_by_byte_is_given_up(server, clock):
    ticks = iter(range(0, 100_000, 61))
    api = Api(server.url, Token(TOKEN), sleep=clock.sleep, clock=lambda: float(next(ticks)))
    with pytest.raises(DownError, match="did not answer in time"):
        api.get("/user")


def test_a_host_that_is_not_there_is_one_line(clock):
    with GitHub() as server:
        url = server.url
    api = Api(url, Token(TOKEN), sleep=clock.sleep)
    with pytest.raises(DownError, match=re.escape(url.removeprefix("http://"))) as caught:
        api.get("/user")
    assert "the connection broke" in str(caught.value)
    assert sum(clock.slept) <= 90


def test_a_server_without_tls_is_final(clock, server):
    url = server.url.replace("http://", "https://")
    with pytest.raises(DownError, match="no safe connection") as caught:
        Api(url, Token(TOKEN), sleep=clock.sleep).get("/user")
    assert "\n" not in str(caught.value)
    assert clock.slept == []

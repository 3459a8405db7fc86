"""The token is sent to the forge, and is seen nowhere else: not in logs, errors, variables or tracebacks."""

from __future__ import annotations

import copy
import http.client
import logging
import pickle
import sys
import traceback

import pytest
from forge_posts import wish
from forge_server import NUMBER, READ_ONLY, REPOSITORY, TOKEN, artifact
from forge_wire import Reply

from pytest_llmcost.forge import api as api_module
from pytest_llmcost.forge.actions import Actions
from pytest_llmcost.forge.api import GITLAB, Api, Token
from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.github import PullRequest
from pytest_llmcost.forge.post import Action, Behaviour, post

FAULTS = [
    None,
    Reply(status=500, body=TOKEN.encode()),
    Reply(status=403, json={"message": f"no {TOKEN}"}),
    Reply(status=422, json={"message": "no", "errors": [{"message": f"Bearer {TOKEN}"}]}),
    Reply(status=429, json={"message": TOKEN}, headers={"retry-after": "999"}),
    Reply(status=302, headers={"Location": f"http://attacker.invalid/{TOKEN}"}),
    Reply(status=200, body=f"<{TOKEN}>".encode()),
    Reply(status=200, headers={"Content-Encoding": "gzip"}, body=b"no gzip"),
]


@pytest.mark.parametrize("show", [str, repr, ascii, "{}".format, "{0!r:>40}".format, lambda token: repr([token])])
def test_a_token_is_stars_however_it_is_shown(show):
    shown = show(Token(TOKEN))
    assert "Secret" not in shown
    assert "***" in shown


def test_a_token_is_not_pickled_and_a_copy_of_it_shows_nothing():
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(Token(TOKEN))
    with pytest.raises(TypeError):
        copy.deepcopy(Token(TOKEN))


def test_space_around_a_token_is_dropped(server, clock):
    api = Api(server.url, Token(f" {TOKEN}\n"), sleep=clock.sleep)
    assert post(PullRequest(api, REPOSITORY, NUMBER), wish()).action is Action.CREATED


@pytest.mark.parametrize("wrong", ["", " \n", "ghp_a b", "ghp_a\nX-Header: 1", "ghp_\xe9", "ghp_\0", "ghp_\udc80"])
def test_what_no_token_can_be_is_refused_without_a_quote(wrong):
    with pytest.raises(ForgeError) as caught:
        Token(wrong)
    assert "ghp_" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("behaviour", [Behaviour.UPDATE, Behaviour.HIDE_AND_NEW])
@pytest.mark.parametrize(("method", "path"), [("GET", "/pulls/"), ("GET", "/comments"), ("POST", "/comments")])
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_no_output_holds_the_token(
    server, api, clock, caplog, capfd, behaviour, method, path, fault
):
    caplog.set_level(logging.DEBUG)
    server.fail(method, path, fault, times=100)
    thread = PullRequest(api, REPOSITORY, NUMBER)
    outcome = post(thread, wish(behaviour=behaviour), now=clock.now)
    shown = [
        repr(outcome),
        repr(api),
        repr(thread),
        repr(vars(api)),
        repr(vars(thread)),
        caplog.text,
        *capfd.readouterr(),
    ]
    assert [text for text in shown if "Secret" in text] == []
    assert outcome.action in {Action.FAILED, Action.REFUSED}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_holds_the_token_in_no_variable_and_no_cause(server, api, fault):
    """Tracebacks with variables, as of pytest and rich, show what every frame of every chained error holds."""
    server.fail("GET", "/user", fault, times=100)
    with pytest.raises(ForgeError) as caught:
        api.get("/user")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or "requests" not in repr(caught.value.__context__)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [one for one in "".join(shown.format()).splitlines() if "Secret" in one and "fault = " not in one]
    # The server of the test keeps its tokens, and so does this file.
    assert [one for one in frames if "server" not in one and "TOKEN" not in one] == []


def test_an_interrupt_in_the_middle_of_a_request_shows_stars(server, api, monkeypatch):
    def interrupted(*_arguments, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", interrupted)
    try:
        api.get("/user")
    except KeyboardInterrupt:
        shown = "".join(traceback.TracebackException(*sys.exc_info(), capture_locals=True).format())
    assert "Authorization" in shown
    assert "Secret" not in shown.replace(repr(server.tokens), "")


def test_an_error_of_our_own_in_the_middle_of_a_request_is_one_line(api, monkeypatch):
    def broken(*_arguments, **_more):
        raise AttributeError(TOKEN)

    monkeypatch.setattr(http.client.HTTPConnection, "putheader", broken)
    with pytest.raises(ForgeError, match="AttributeError") as caught:
        api.get("/user")
    assert "Secret" not in str(caught.value)


def test_a_netrc_file_is_not_read(server, clock, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login octocat password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    api = Api(server.url, Token(TOKEN), sleep=clock.sleep)
    server.artifacts = [artifact(1, 9)]
    server.storage.files = {1: b"zip"}
    actions = Actions(api, REPOSITORY)
    assert actions.download(actions.artifacts(9, name="llmcost-report")[0], at_most=100) == b"zip"
    assert {one.headers["authorization"] for one in server.asked} == {f"Bearer {TOKEN}"}
    assert [one.headers.get("authorization") for one in server.storage.asked] == [None]


def test_gitlab_gets_the_token_in_its_own_header(server, clock):
    api = Api(server.url, Token(TOKEN), GITLAB, sleep=clock.sleep)
    server.fail("GET", "/user", Reply(status=403, json=READ_ONLY))
    with pytest.raises(ForgeError):
        api.get("/user")
    assert server.asked[0].headers["private-token"] == TOKEN
    assert "authorization" not in server.asked[0].headers


def test_requests_is_not_loaded_before_it_is_needed():
    assert "requests" not in vars(api_module)

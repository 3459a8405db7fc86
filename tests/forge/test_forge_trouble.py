"""What becomes of a comment when GitHub refuses, limits, breaks or falls silent."""

from __future__ import annotations

import pytest
from forge_posts import AFTER, BEFORE, text, wish
from forge_server import NUMBER, READ_ONLY, REPOSITORY, TOKEN, pull
from forge_wire import Reply

from pytest_llmcost.forge.api import Api, Token
from pytest_llmcost.forge.github import PullRequest
from pytest_llmcost.forge.post import Action, Behaviour, post

EVERY = pytest.mark.parametrize("behaviour", Behaviour)
COMMENTS = "/comments"
BROKEN = Reply(status=502, body=b"<html>Bad Gateway</html>")
OF_ITEMS = [("GET", "/pulls/"), ("GET", "/issues/"), ("POST", "/issues/"), ("PATCH", "/issues/"), ("POST", "/graphql")]


def one_line(outcome):
    assert "\n" not in outcome.reason
    return outcome.reason


@EVERY
def test_a_token_that_only_reads_is_refused_in_one_line_that_names_the_permission(server, put, clock, behaviour):
    server.is_read_only = True
    server.say(text("old", at=BEFORE))
    outcome = put("new", behaviour=behaviour)
    assert outcome.action is Action.REFUSED
    assert "`pull-requests: write`" in one_line(outcome)
    assert "forks" in outcome.reason
    assert "Resource not accessible by integration" in outcome.reason
    assert clock.slept == [], "a permission does not come by waiting"
    assert server.own == [text("old", at=BEFORE)]


def test_a_token_that_may_not_even_read_is_refused(server, put, clock):
    server.fail("GET", "/pulls/", Reply(status=403, json=READ_ONLY))
    assert put().action is Action.REFUSED
    assert clock.slept == []


def test_a_permission_is_missing_although_the_headers_of_the_limit_are_there(server, put, clock):
    headers = {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": str(int(clock.time()) + 50)}
    server.fail("POST", COMMENTS, Reply(status=403, json=READ_ONLY, headers=headers))
    assert put().action is Action.REFUSED
    assert clock.slept == []


def test_a_token_that_github_does_not_know_is_refused(server, clock):
    api = Api(server.url, Token("ghp_unknown"), sleep=clock.sleep, clock=clock.time)
    outcome = post(PullRequest(api, REPOSITORY, NUMBER), wish(), now=clock.now)
    assert outcome.action is Action.REFUSED
    assert "401 (Bad credentials), so the token is wrong or has expired" in one_line(outcome)


def test_a_pull_request_that_is_not_there_is_one_line(server, put):
    server.pulls = [pull(8)]
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "GET /repos/acme/shop/pulls/7 was answered with 404 (Not Found)" in one_line(outcome)


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_says_how_long_is_waited_for(server, put, clock, status):
    server.fail("POST", COMMENTS, Reply(status=status, json={"message": "slow down"}, headers={"retry-after": "7"}))
    assert put().action is Action.CREATED
    assert clock.slept == [7]
    assert server.own == [text()]


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_is_used_up_is_waited_for_until_it_is_reset(server, put, clock, status):
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(clock.time()) + 30)}
    server.fail("GET", COMMENTS, Reply(status=status, json={"message": "API rate limit exceeded"}, headers=headers))
    assert put().action is Action.CREATED
    assert clock.slept == [31]


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_without_a_time_is_waited_for_a_minute(server, put, clock, status):
    said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    server.fail("POST", COMMENTS, Reply(status=status, json=said))
    assert put().action is Action.CREATED
    assert clock.slept == [60]


def test_a_secondary_limit_that_stays_is_not_waited_for_twice(server, put, clock):
    server.fail("POST", COMMENTS, Reply(status=403, json={"message": "secondary rate limit"}), times=9)
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "secondary rate limit" in one_line(outcome)
    assert clock.slept == [60]
    assert server.count("POST", COMMENTS) == 2


@pytest.mark.parametrize(
    "headers", [{"retry-after": "3600"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1900000000"}]
)
def test_a_limit_that_holds_longer_than_it_is_worth_is_not_waited_for(server, put, clock, headers):
    server.fail("GET", "/pulls/", Reply(status=429, json={"message": "later"}, headers=headers))
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "run this step again later" in one_line(outcome)
    assert clock.slept == []


@pytest.mark.parametrize("told", ["soon", "-5", "Fri, 27 Nov 2026 03:00:00 GMT", "1" * 400, "0", "²"])
def test_a_strange_retry_after_breaks_nothing(server, put, clock, told):
    server.fail("GET", "/pulls/", Reply(status=429, json={}, headers={"retry-after": told.encode().decode("latin-1")}))
    assert put().action is Action.CREATED
    assert clock.slept in ([60], [1])


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("reply", [None, BROKEN, Reply(status=503), Reply(status=500, json={"message": "oops"})])
@pytest.mark.parametrize(("method", "path"), OF_ITEMS)
def test_a_broken_request_is_repeated_and_leaves_one_comment(server, put, clock, method, path, reply, is_done):
    if method != "POST" or path == "/graphql":
        server.say(text("old", at=BEFORE))
    server.fail(method, path, reply, is_done=is_done)
    outcome = put("new")
    assert outcome.action is (Action.CREATED if (method, path) == ("POST", "/issues/") else Action.UPDATED)
    assert server.own == [text("new")]
    assert clock.slept == [1]


@EVERY
@pytest.mark.parametrize("reply", [None, BROKEN])
def test_a_post_that_was_stored_and_not_confirmed_is_found_again_and_not_repeated(server, put, behaviour, reply):
    server.fail("POST", COMMENTS, reply, is_done=True)
    outcome = put(behaviour=behaviour)
    assert outcome.action is Action.CREATED
    assert outcome.url == server.comments[0]["html_url"]
    assert server.own == [text()]
    assert server.count("POST", COMMENTS) == 1


@EVERY
def test_a_post_that_was_stored_and_not_confirmed_replaces_what_was_there(server, put, behaviour):
    server.say(text("old", at=BEFORE))
    server.fail("POST" if behaviour is not Behaviour.UPDATE else "PATCH", "/issues/", None, is_done=True)
    assert put("new", behaviour=behaviour).action in {Action.CREATED, Action.UPDATED}
    assert server.shown[-1] == text("new")
    assert len(server.shown) == (2 if behaviour is Behaviour.NEW else 1)


@pytest.mark.parametrize("behaviour", [Behaviour.DELETE_AND_NEW, Behaviour.HIDE_AND_NEW])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_removal_that_was_not_confirmed_is_repeated(server, put, behaviour, is_done):
    server.say(text("old", at=BEFORE))
    server.fail(*(("DELETE", "/issues/") if "delete" in behaviour else ("POST", "/graphql")), None, is_done=is_done)
    assert put("new", behaviour=behaviour).action is Action.CREATED
    assert server.shown == [text("new")]


def test_a_write_is_repeated_only_after_the_thread_was_read_again(server, put, clock):
    """While we wait for a limit, a newer run comments."""
    server.say(text("old", at=BEFORE))
    server.fail("PATCH", "/issues/", Reply(status=429, json={}, headers={"retry-after": "60"}))
    sleep = clock.sleep

    def overtaken(seconds):
        sleep(seconds)
        server.comments[0]["body"] = text("newer", at=AFTER)

    clock.sleep = overtaken
    api = Api(server.url, Token(TOKEN), sleep=overtaken, clock=clock.time)
    outcome = post(PullRequest(api, REPOSITORY, NUMBER), wish("older"), now=clock.now)
    assert outcome.action is Action.OLDER
    assert server.own == [text("newer", at=AFTER)]


def test_a_push_while_we_wait_makes_the_run_an_old_one(server, clock):
    server.fail("POST", COMMENTS, BROKEN)
    api = Api(server.url, Token(TOKEN), sleep=lambda _: server.pulls.__setitem__(0, pull(NUMBER, head="e" * 40)))
    assert post(PullRequest(api, REPOSITORY, NUMBER), wish(), now=clock.now).action is Action.OLDER
    assert server.comments == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("reply", [None, BROKEN])
def test_a_server_that_stays_down_is_given_up_in_one_line_after_90_seconds_at_most(server, put, clock, method, reply):
    server.fail(method, COMMENTS, reply, times=100)
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "does not work" in one_line(outcome)
    assert clock.slept == [1, 2, 4, 8, 16, 32]
    assert sum(clock.slept) <= 90


def test_one_patience_is_shared_by_all_requests(server, put, clock):
    server.fail("GET", "/pulls/", BROKEN, times=3)
    server.fail("GET", COMMENTS, BROKEN, times=3)
    server.fail("POST", COMMENTS, BROKEN, times=3)
    assert put().action is Action.FAILED
    assert clock.slept == [1, 2, 4, 8, 16, 32]


def test_the_time_that_failed_tries_take_is_counted(server, clock):
    """A server that lets every request time out after 20 seconds is asked a few times only."""
    server.fail("GET", "/pulls/", BROKEN, times=100)
    ticks = iter(range(0, 100_000, 20))
    api = Api(server.url, Token(TOKEN), sleep=clock.sleep, clock=lambda: float(next(ticks)))
    assert post(PullRequest(api, REPOSITORY, NUMBER), wish(), now=clock.now).action is Action.FAILED
    assert server.count("GET", "/pulls/") <= 4


def test_a_comment_that_github_finds_too_long_is_one_line(server, put):
    message = "body is too long (maximum is 65536 characters)"
    said = {"message": "Validation Failed", "errors": [{"field": "data", "message": message}]}
    server.fail("POST", COMMENTS, Reply(status=422, json=said))
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "too long" in one_line(outcome)
    assert "65536" in outcome.reason


def test_another_422_is_one_line_too(server, put):
    server.fail("POST", COMMENTS, Reply(status=422, json={"message": "Validation\nFailed", "errors": ["\x1b[31mred"]}))
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "Validation Failed" in one_line(outcome)


def test_a_locked_conversation_is_refused_with_its_reason(server, put):
    said = {"message": "Unable to create comment because issue is locked."}
    server.fail("POST", COMMENTS, Reply(status=403, json=said))
    outcome = put()
    assert outcome.action is Action.REFUSED
    assert "locked" in outcome.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[1]", b'{"message": 1}', b'{"a":' * 9999, b"\xff\xfe"])
@pytest.mark.parametrize("status", [200, 404, 418])
def test_an_answer_of_any_form_is_one_line(server, put, status, body):
    server.fail("GET", "/issues/", Reply(status=status, body=body))
    assert put().action is Action.FAILED


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed(server, put, storage, status):
    server.fail("GET", "/pulls/", Reply(status=status, headers={"Location": f"{storage.origin}/1"}))
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "not followed" in one_line(outcome)
    assert storage.asked == []


@pytest.mark.parametrize("behaviour", [Behaviour.DELETE_AND_NEW, Behaviour.HIDE_AND_NEW])
def test_what_cannot_be_tidied_up_is_said_and_the_comment_counts(server, put, behaviour):
    server.say(text("old", at=BEFORE))
    answers = {"delete": ("DELETE", "/issues/", Reply(status=403, json=READ_ONLY))}
    forbidden = {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no"}]}
    # The first question to GraphQL is who we are.
    answers["hide"] = ("POST", "/graphql", Reply(json=forbidden))
    server.fail(*answers[behaviour.partition("-")[0]], times=2)
    outcome = put("new", behaviour=behaviour)
    assert outcome.action is Action.CREATED
    assert "tidied up" in one_line(outcome)
    assert server.own == [text("old", at=BEFORE), text("new")]

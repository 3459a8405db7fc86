"""One note on a merge request of GitLab: the same rules as on GitHub, by another API."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import pytest
from forge_gitlab import BOT, IID, PROJECT, TOKEN, GitLab
from forge_posts import AFTER, AT, BEFORE, text, wish
from forge_turns import Turns, together
from forge_wire import Reply

from pytest_llmcost.forge.api import GITLAB, Api, Token
from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.gitlab import MergeRequest
from pytest_llmcost.forge.post import Action, Behaviour, post

LASTING = [Behaviour.UPDATE, Behaviour.DELETE_AND_NEW]
POSSIBLE = [*LASTING, Behaviour.NEW]


@pytest.fixture
def server():
    with GitLab() as server:
        yield server


def merge_request(server, clock, token=TOKEN):
    return MergeRequest(Api(server.url, Token(token), GITLAB, sleep=clock.sleep, clock=clock.time), str(PROJECT), IID)


@pytest.fixture
def put(server, clock):
    thread = merge_request(server, clock)
    return lambda *arguments, **more: post(thread, wish(*arguments, **more), now=clock.now)


@pytest.mark.parametrize("behaviour", POSSIBLE)
def test_the_first_run_writes_a_note_and_says_where(server, put, behaviour):
    outcome = put(behaviour=behaviour)
    assert server.own == [text()]
    assert outcome.action is Action.CREATED
    assert outcome.url == "https://gitlab.com/acme/shop/-/merge_requests/3#note_501"
    assert outcome.reason == "the comment was written on merge request 3 of project 42"


@pytest.mark.parametrize("behaviour", LASTING)
def test_a_later_run_leaves_one_note(server, put, behaviour):
    server.say(text("old", at=BEFORE))
    assert put("new", behaviour=behaviour).action in {Action.UPDATED, Action.CREATED}
    assert server.own == [text("new")]


def test_hiding_is_one_line_of_error_before_anything_is_sent(server, put):
    with pytest.raises(ForgeError, match="cannot be hidden: use delete-and-new"):
        put(behaviour=Behaviour.HIDE_AND_NEW)
    assert server.asked == []


@pytest.mark.parametrize("names_pages", [True, False])
@pytest.mark.parametrize("behaviour", LASTING)
def test_our_note_is_found_behind_150_foreign_ones(server, put, behaviour, names_pages):
    server.names_pages = names_pages
    for number in range(150):
        server.say(f"note {number}", name="octocat")
    server.say(text("old", at=BEFORE))
    put("new", behaviour=behaviour)
    assert server.own == [text("new")]


def test_a_server_with_smaller_pages_is_read_to_its_end(server, put):
    server.most_per_page = 20
    for number in range(150):
        server.say(f"note {number}", name="octocat")
    server.say(text("old", at=BEFORE))
    assert put("new").action is Action.UPDATED
    assert server.own == [text("new")]
    # New notes come at the end: they move nothing to a page that was read already.
    assert {one.query["sort"] for one in server.asked if one.method == "GET" and "page" in one.query} == {"asc"}


@pytest.mark.parametrize("following", ["1", "0", "-1", "x", "99999", "²", "https://attacker.invalid/"])
def test_a_strange_next_page_ends_the_reading(server, put, following):
    server.fail("GET", "/notes", Reply(json=[], headers={"x-next-page": following.encode().decode("latin-1")}), times=9)
    assert put().action is Action.CREATED
    assert server.count("GET", "/notes") <= 2


def test_notes_of_others_and_of_gitlab_itself_are_not_ours(server, put):
    server.say(text("forged", at=AFTER), name="mallory")
    server.say(text("system", at=AFTER), is_system=True)
    assert put().action is Action.CREATED
    assert len(server.own) == 3


def test_an_equal_note_is_not_written(server, put):
    server.say(text(at=BEFORE))
    outcome = put()
    assert outcome.action is Action.UNCHANGED
    assert outcome.url.endswith("#note_501")
    assert {one.method for one in server.asked} == {"GET"}


@pytest.mark.parametrize("behaviour", POSSIBLE)
def test_an_older_run_never_overwrites_a_newer_one(server, put, behaviour):
    server.say(text("newer", at=AFTER))
    assert put("older", behaviour=behaviour).action is Action.OLDER
    server.head = "e" * 40
    assert put("newest", at=AFTER, behaviour=behaviour).action is Action.OLDER
    assert server.own == [text("newer", at=AFTER)]


def test_a_token_that_only_reads_is_refused_in_one_line_that_names_what_it_needs(server, put, clock):
    server.is_read_only = True
    outcome = put()
    assert outcome.action is Action.REFUSED
    assert "scope `api`" in outcome.reason
    assert "CI_JOB_TOKEN" in outcome.reason
    assert clock.slept == []


def test_a_token_that_gitlab_does_not_know_is_refused(server, clock):
    outcome = post(merge_request(server, clock, "glpat-no"), wish(), now=clock.now)
    assert outcome.action is Action.REFUSED
    assert "401 Unauthorized" in outcome.reason


def test_a_limit_is_waited_for(server, put, clock):
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(clock.time()) + 20)}
    server.fail("POST", "/notes", Reply(status=429, body=b"Retry later", headers={"Retry-After": "5"}))
    server.fail("POST", "/notes", Reply(status=429, body=b"Retry later", headers=headers))
    assert put().action is Action.CREATED
    assert clock.slept == [5, 16]


@pytest.mark.parametrize("reply", [None, Reply(status=502)])
def test_a_note_that_was_stored_and_not_confirmed_is_not_written_twice(server, put, reply):
    server.fail("POST", "/notes", reply, is_done=True)
    assert put().action is Action.CREATED
    assert server.own == [text()]
    assert server.count("POST") == 1


def test_a_note_that_gitlab_finds_too_long_is_one_line(server, put):
    server.fail("POST", "/notes", Reply(status=400, json={"message": {"note": ["is too long (maximum is 9)"]}}))
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "too long" in outcome.reason
    assert put("x" * 1_000_001).action is Action.FAILED
    assert server.count("POST") == 1


def test_a_project_may_be_named_by_its_path(server, clock):
    api = Api(server.url, Token(TOKEN), GITLAB, sleep=clock.sleep)
    with pytest.raises(ForgeError):
        MergeRequest(api, "acme/shop", IID).head()
    assert server.asked[0].raw_path == "/api/v4/projects/acme%2Fshop/merge_requests/3"


def test_in_every_order_two_first_notes_become_one_that_holds_the_newer_text(clock):
    wishes = {"first": wish("a", at=AFTER, head=None), "second": wish("b", at=AT, head=None)}
    for places in combinations(range(8), 4):
        with GitLab() as server:
            server.tokens = dict.fromkeys(wishes, BOT)
            turns = Turns("first" if place in places else "second" for place in range(8))
            server.gate = lambda asked, turns=turns: turns.turn(asked.token)
            tasks = {
                token: partial(post, merge_request(server, clock, token), wishes[token], now=clock.now)
                for token in wishes
            }
            together(tasks, turns.finish)
            assert server.own == [text("a", at=AFTER)], places

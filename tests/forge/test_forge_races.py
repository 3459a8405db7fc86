"""Two runs at once: in every order of what they do, and in many random ones, one comment stays, and it is the newer."""

from __future__ import annotations

import random
from itertools import combinations
from threading import Barrier

import pytest
from forge_posts import AFTER, AT, BEFORE, text, wish
from forge_server import ACTIONS, NUMBER, REPOSITORY, GitHub
from forge_turns import Turns, together

from pytest_llmcost.forge.api import Api, Token
from pytest_llmcost.forge.github import PullRequest
from pytest_llmcost.forge.post import Action, Behaviour, post

FIRST, SECOND = "ghs_first", "ghs_second"
DONE = {Action.CREATED, Action.UPDATED, Action.UNCHANGED, Action.OLDER}
MOST_REQUESTS = 16
LASTING = [Behaviour.UPDATE, Behaviour.DELETE_AND_NEW, Behaviour.HIDE_AND_NEW]


@pytest.fixture
def server():
    with GitHub() as server:
        server.tokens = {FIRST: ACTIONS, SECOND: ACTIONS}
        yield server


def at_once(server, clock, wishes, finish=lambda _: None):
    def task(token):
        api = Api(server.url, Token(token), sleep=clock.sleep, clock=clock.time)
        return lambda: post(PullRequest(api, REPOSITORY, NUMBER), wishes[token], now=clock.now)

    before = len(server.asked)
    outcomes = together({token: task(token) for token in wishes}, finish)
    # Nobody gives up, and nobody goes in circles.
    assert {one.action for one in outcomes.values()} <= DONE
    assert not [one.reason for one in outcomes.values() if "tidied" in one.reason]
    assert len(server.asked) - before <= MOST_REQUESTS * len(wishes)
    return outcomes


def in_order(server, clock, order, wishes):
    """Let two runs ask in this order; the one that has still to ask when the order is used up goes on alone."""
    turns = Turns(order)
    server.gate = lambda asked: turns.turn(asked.token)
    return at_once(server, clock, wishes, turns.finish)


def orders(length, *, some=None):
    """Yield all orders in which each of two takes so many turns, or some of them by chance."""
    places = list(combinations(range(2 * length), length))
    chosen = places if some is None else random.Random(4).sample(places, some)
    for first in chosen:
        yield [FIRST if place in first else SECOND for place in range(2 * length)]


@pytest.mark.parametrize(("first", "second", "some"), [(AT, AFTER, None), (AT, AT, 60)])
def test_in_every_order_two_first_comments_become_one_that_holds_the_newer_text(clock, first, second, some):
    """Each lists, writes, lists, asks who it is, and tidies up; the orders with the two exchanged are among them."""
    for order in orders(5, some=some):
        with GitHub() as server:
            server.tokens = {FIRST: ACTIONS, SECOND: ACTIONS}
            wishes = {FIRST: wish("a", at=first, head=None), SECOND: wish("b", at=second, head=None)}
            in_order(server, clock, order, wishes)
            newest = {text("b", at=second), text("a", at=max(first, second))}
            assert len(server.own) == 1, order
            assert server.own[0] in newest, order


def test_two_that_have_both_found_nothing_leave_the_oldest_comment_with_the_newer_text(server, clock):
    barrier = Barrier(2)
    posted = []

    def gate(asked):
        if asked.method == "POST" and asked.path.endswith("/comments"):
            posted.append(asked)
            barrier.wait(20)
        return Turns(()).turn(asked.token)

    server.gate = gate
    outcomes = at_once(server, clock, {FIRST: wish("a", at=AFTER), SECOND: wish("b", at=AT)})
    assert len(posted) == 2
    assert server.own == [text("a", at=AFTER)]
    assert [one["id"] for one in server.comments] == [1001]
    assert {one.action for one in outcomes.values()} == {Action.CREATED}


@pytest.mark.parametrize("behaviour", LASTING)
@pytest.mark.parametrize(("first", "second"), [(AT, AFTER), (AT, AT)])
def test_in_any_order_two_runs_leave_one_comment_in_the_place_of_an_earlier_one(clock, behaviour, first, second):
    for order in orders(6, some=60):
        with GitHub() as server:
            server.tokens = {FIRST: ACTIONS, SECOND: ACTIONS}
            server.say("a reviewer", login="octocat")
            server.say(text("old", at=BEFORE))
            wishes = {
                token: wish(body, at=at, head=None, behaviour=behaviour)
                for token, body, at in ((FIRST, "a", first), (SECOND, "b", second))
            }
            in_order(server, clock, order, wishes)
            assert len(server.shown) == 1, order
            if behaviour is not Behaviour.UPDATE and first != second:
                assert server.shown == [max(text("a", at=first), text("b", at=second))], order


def test_in_every_order_but_one_the_newer_of_two_updates_stays(clock):
    """Each lists, asks who it is, looks again, writes, lists.

    The exception: the newer one writes and lists between the last look of the older one and its write.
    """
    wishes = {FIRST: wish("older", at=AT, head=None), SECOND: wish("newer", at=AFTER, head=None)}
    for order in orders(5):
        with GitHub() as server:
            server.tokens = {FIRST: ACTIONS, SECOND: ACTIONS}
            server.say(text("old", at=BEFORE))
            in_order(server, clock, order, wishes)
            older, newer = ([place for place, who in enumerate(order) if who == one] for one in (FIRST, SECOND))
            is_lost = older[2] < newer[3] < newer[4] < older[3]
            assert server.own == [text("older") if is_lost else text("newer", at=AFTER)], order


def test_an_older_text_is_replaced_again_when_the_newer_run_sees_that_it_was_overwritten(server, clock):
    """The older one has looked before the newer one writes, and writes before that looks again."""
    server.say(text("old", at=BEFORE))
    # The list, who we are, the last look: both. Then the writes: the newer one first.
    order = [FIRST, SECOND] * 3 + [SECOND, FIRST]
    wishes = {FIRST: wish("older", at=AT, head=None), SECOND: wish("newer", at=AFTER, head=None)}
    in_order(server, clock, order, wishes)
    assert server.count("PATCH") == 3
    assert server.own == [text("newer", at=AFTER)]


@pytest.mark.parametrize("behaviour", Behaviour)
def test_many_runs_at_once_leave_one_comment_in_whatever_order_they_come(clock, behaviour):
    for number in range(25):
        with GitHub() as server:
            tokens = [f"ghs_{n}" for n in range(4)]
            server.tokens = dict.fromkeys(tokens, ACTIONS)
            if number % 2:
                server.say(text("old", at=BEFORE))
            wishes = {
                token: wish(token, at=AT.replace(second=n), behaviour=behaviour) for n, token in enumerate(tokens)
            }
            at_once(server, clock, wishes)
            if behaviour is Behaviour.NEW:
                assert len(server.own) == len(set(server.own))
            else:
                assert len(server.shown) == 1
                assert not set(server.shown) & {text("old", at=BEFORE)}


@pytest.mark.parametrize("behaviour", LASTING)
def test_dropped_connections_and_a_second_run_at_once_leave_one_comment(clock, behaviour):
    for order in orders(6, some=30):
        with GitHub() as server:
            server.tokens = {FIRST: ACTIONS, SECOND: ACTIONS}
            server.fail("POST", "/comments", None, is_done=True)
            server.fail("DELETE", "/comments", None, is_done=True)
            wishes = {FIRST: wish("a", behaviour=behaviour), SECOND: wish("b", at=AFTER, behaviour=behaviour)}
            in_order(server, clock, order, wishes)
            assert len(server.shown) == 1, order


@pytest.mark.parametrize("behaviour", LASTING)
def test_a_list_that_does_not_have_yet_what_was_just_written_leads_to_no_second_comment(server, clock, behaviour):
    real, lag = server.handle, []

    def handle(asked):
        before = [dict(one) for one in server.comments]
        if asked.method == "GET" and asked.path.endswith("/comments") and lag:
            now, server.comments = server.comments, lag.pop()
            try:
                return real(asked)
            finally:
                server.comments = now
        reply = real(asked)
        if asked.method in {"POST", "PATCH"} and asked.path != "/graphql":
            lag.append(before)
        return reply

    server.handle = handle
    for at in (BEFORE, AT, AFTER):
        at_once(server, clock, {FIRST: wish(f"at {at}", at=at, behaviour=behaviour)})
        assert server.shown == [text(f"at {at}", at=at)]


def test_one_who_writes_an_old_text_again_and_again_is_left_alone(server, clock):
    real = server.handle

    def handle(asked):
        reply = real(asked)
        if asked.method == "PATCH":
            server.comments[0]["body"] = text("stubborn", at=BEFORE)
        return reply

    server.handle = handle
    server.say(text("old", at=BEFORE))
    outcomes = at_once(server, clock, {FIRST: wish()})
    assert outcomes[FIRST].action is Action.UPDATED
    assert server.count("PATCH") == 4

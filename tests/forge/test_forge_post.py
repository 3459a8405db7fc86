"""One comment on a pull request: what each behaviour leaves there, and what it asks GitHub for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from forge_posts import AFTER, AT, BEFORE, text, wish
from forge_server import ACTIONS, NUMBER, pull

from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.post import Action, Behaviour

EVERY = pytest.mark.parametrize("behaviour", Behaviour)
NOT_NEW = pytest.mark.parametrize("behaviour", [one for one in Behaviour if one is not Behaviour.NEW])
REPLACING = pytest.mark.parametrize("behaviour", [Behaviour.DELETE_AND_NEW, Behaviour.HIDE_AND_NEW])


def writes(server):
    return [one.method for one in server.asked if one.method != "GET" and one.path != "/graphql"]


def test_the_marker_stands_alone_on_the_first_line():
    assert text("### cost\n\nmore") == "<!-- pytest-llmcost id=default at=2026-11-21T09:30:00Z -->\n### cost\n\nmore"


@EVERY
def test_the_first_run_writes_a_comment_and_says_where(server, put, behaviour):
    outcome = put(behaviour=behaviour)
    assert server.own == [text()]
    assert outcome.action is Action.CREATED
    assert outcome.url == server.comments[0]["html_url"]
    assert outcome.reason == "the comment was written on pull request 7 of acme/shop"
    assert writes(server) == ["POST"]


def test_a_later_run_updates_the_comment_in_its_place(server, put):
    old = server.say(text("old", at=BEFORE))
    outcome = put("new")
    assert server.own == [text("new")]
    assert (outcome.action, outcome.url) == (Action.UPDATED, old["html_url"])
    assert writes(server) == ["PATCH"]


def test_new_leaves_what_is_there(server, put):
    server.say(text("old", at=BEFORE))
    assert put("new", behaviour=Behaviour.NEW).action is Action.CREATED
    assert server.own == [text("old", at=BEFORE), text("new")]


def test_delete_and_new_leaves_the_new_one_at_the_end(server, put):
    server.say(text("old", at=BEFORE))
    server.say("a reviewer", login="octocat")
    outcome = put("new", behaviour=Behaviour.DELETE_AND_NEW)
    assert [one["body"] for one in server.comments] == ["a reviewer", text("new")]
    assert (outcome.action, outcome.url) == (Action.CREATED, server.comments[-1]["html_url"])
    assert writes(server) == ["POST", "DELETE"], "the new one first: a failure in between loses nothing"


def test_hide_and_new_hides_the_old_one_as_outdated_and_leaves_hidden_ones_alone(server, put):
    server.say(text("oldest", at=BEFORE), is_hidden=True)
    server.say(text("old", at=BEFORE))
    assert put("new", behaviour=Behaviour.HIDE_AND_NEW).action is Action.CREATED
    assert len(server.own) == 3
    assert server.shown == [text("new")]
    assert [one["minimized"] for one in server.comments] == [{"reason": "outdated"}] * 2 + [None]
    assert sum(b"minimizeComment" in one.body for one in server.asked) == 1


def test_a_server_that_does_not_say_what_is_hidden_is_asked_to_hide_it_once(server, put):
    server.shows_minimized = False
    server.say(text("old", at=BEFORE), is_hidden=True)
    assert put("new", behaviour=Behaviour.HIDE_AND_NEW).action is Action.CREATED
    assert server.shown == [text("new")]
    assert sum(b"minimizeComment" in one.body for one in server.asked) == 1


@NOT_NEW
def test_an_equal_body_is_not_written_although_the_time_differs(server, put, behaviour):
    old = server.say(text(at=BEFORE))
    outcome = put(behaviour=behaviour)
    assert (outcome.action, outcome.url) == (Action.UNCHANGED, old["html_url"])
    assert writes(server) == []


def test_line_ends_and_space_at_the_end_that_an_editor_in_a_browser_leaves_are_no_difference(server, put):
    server.say(text("one\n\ntwo\n", at=BEFORE).replace("\n", "\r\n"))
    assert put("one\n\ntwo\n").action is Action.UNCHANGED


def test_new_writes_an_equal_body_again_but_not_for_the_same_run(server, put):
    server.say(text(at=BEFORE))
    assert put(behaviour=Behaviour.NEW).action is Action.CREATED
    assert put(behaviour=Behaviour.NEW).action is Action.UNCHANGED
    assert server.own == [text(at=BEFORE), text()]


@EVERY
def test_an_older_run_never_overwrites_a_newer_one(server, put, behaviour):
    server.say(text("newer", at=AFTER))
    outcome = put("older", behaviour=behaviour)
    assert (outcome.action, outcome.url) == (Action.OLDER, server.comments[0]["html_url"])
    assert outcome.reason == "a newer run has commented on pull request 7 of acme/shop: its comment was left as it is"
    assert server.own == [text("newer", at=AFTER)]
    assert writes(server) == []


@EVERY
def test_a_run_of_a_commit_that_is_no_longer_the_head_writes_nothing(server, put, behaviour):
    server.pulls = [pull(NUMBER, head="f" * 40)]
    server.say(text("old", at=BEFORE))
    outcome = put("new", behaviour=behaviour)
    assert outcome.action is Action.OLDER
    assert outcome.reason == "pull request 7 of acme/shop has a newer commit by now: what is there was left as it is"
    assert writes(server) == []


def test_without_a_commit_the_pull_request_is_not_asked_for_its_own(server, put):
    assert put(head=None).action is Action.CREATED
    assert server.count("GET", "/pulls/") == 0


@EVERY
def test_skip_new_writes_no_first_comment(server, put, behaviour):
    assert put(behaviour=behaviour, skip_new=True).action is Action.SKIPPED
    assert server.comments == []


@EVERY
def test_skip_new_keeps_a_comment_that_is_there_up_to_date(server, put, behaviour):
    server.say(text("old", at=BEFORE))
    outcome = put("new", behaviour=behaviour, skip_new=True)
    assert outcome.action in {Action.UPDATED, Action.CREATED}
    assert server.shown[-1] == text("new")


@EVERY
def test_our_comment_is_found_behind_150_foreign_ones(server, put, behaviour):
    for number in range(150):
        server.say(f"comment {number}", login="octocat")
    server.say(text("old", at=BEFORE))
    put("new", behaviour=behaviour)
    assert server.shown[-1] == text("new")
    assert len(server.shown) == (2 if behaviour is Behaviour.NEW else 1)
    pages = [one.query["page"] for one in server.asked if one.method == "GET" and one.path.endswith("/comments")]
    assert pages[:2] == ["1", "2"]


def test_a_full_last_page_is_followed_by_an_empty_one_and_no_link_is(server, put):
    for number in range(200):
        server.say(f"comment {number}", login="octocat")
    put()
    pages = [one.query["page"] for one in server.asked if one.method == "GET" and one.path.endswith("/comments")]
    assert pages[:3] == ["1", "2", "3"]


def test_more_comments_than_can_be_read_are_one_line_and_no_second_comment(server, put):
    for number in range(3000):
        server.say(f"comment {number}", login="octocat")
    outcome = put()
    assert outcome.action is Action.FAILED
    assert "3,000" in outcome.reason
    assert writes(server) == []


def test_a_marker_of_somebody_else_is_never_touched(server, put):
    server.say(text("forged", at=AFTER), login="mallory")
    server.say(text("forged", at=BEFORE), login="github-actions")
    assert put().action is Action.CREATED
    assert [one["body"] for one in server.comments] == [text("forged", at=AFTER), text("forged", at=BEFORE), text()]


def test_a_marker_on_a_later_line_counts_for_nothing(server, put):
    quoted = "> quoted\n" + text("old", at=BEFORE)
    server.say(quoted)
    server.say(" " + text("old", at=BEFORE))
    assert put("new").action is Action.CREATED
    assert server.comments[0]["body"] == quoted


def test_suites_with_other_names_have_comments_of_their_own(server, put):
    put("a", name="api")
    put("b", name="web")
    put("a2", name="api", at=AFTER)
    assert server.own == [text("a2", at=AFTER, name="api"), text("b", name="web")]


def test_a_comment_whose_author_is_gone_is_nobodys(server, put):
    server.say(text("old", at=BEFORE))["user"] = None
    assert put("new").action is Action.CREATED


def test_a_marker_without_a_time_or_with_an_impossible_one_can_be_overwritten(server, put):
    server.say("<!-- pytest-llmcost id=default -->\nold")
    assert put("new").action is Action.UPDATED
    server.comments[0]["body"] = "<!-- pytest-llmcost id=default at=9999-12-31T23:59:59Z -->\nforever"
    assert put("newer").action is Action.UPDATED
    server.comments[0]["body"] = "<!-- pytest-llmcost id=default at=2026-13-31T23:59:59Z -->\nno month"
    assert put("newest").action is Action.UPDATED
    assert server.own == [text("newest")]


def test_a_run_from_the_future_is_taken_for_one_of_now(server, put, clock):
    put("new", at=clock.now() + timedelta(days=400))
    assert server.own == [text("new", at=clock.now())]


def test_a_comment_that_somebody_has_hidden_is_updated_and_stays_hidden(server, put):
    server.say(text("old", at=BEFORE), is_hidden=True)
    assert put("new").action is Action.UPDATED
    assert server.own == [text("new")]
    assert server.shown == []


def test_after_hide_and_new_an_update_takes_the_one_that_is_shown(server, put):
    for hour in (3, 2):
        server.say(text("old", at=AT - timedelta(hours=hour)), is_hidden=True)
    server.say(text("old", at=BEFORE))
    assert put("new").action is Action.UPDATED
    assert server.shown == [text("new")]
    assert len(server.own) == 3


def test_where_all_are_hidden_the_last_one_is_updated_and_the_others_are_left_alone(server, put):
    server.say(text("older", at=BEFORE - timedelta(hours=1)), is_hidden=True)
    server.say(text("old", at=BEFORE), is_hidden=True)
    assert put("new").action is Action.UPDATED
    assert server.own == [text("older", at=BEFORE - timedelta(hours=1)), text("new")]


def test_a_comment_whose_marker_is_taken_away_at_the_last_moment_is_not_overwritten(server, put):
    old = server.say(text("old", at=BEFORE))
    real = server.handle

    def handle(asked):
        if asked.path.endswith(f"/{old['id']}"):
            old["body"] = "kept by hand"
        return real(asked)

    server.handle = handle
    assert put("new").action is Action.CREATED
    assert [one["body"] for one in server.comments] == ["kept by hand", text("new")]


def test_duplicates_are_tidied_up_and_the_oldest_one_stays(server, put):
    first = server.say(text("a", at=BEFORE - timedelta(hours=2)))
    server.say("a reviewer", login="octocat")
    server.say(text("b", at=BEFORE))
    server.say(text("c", at=BEFORE - timedelta(hours=1)))
    outcome = put("new")
    assert (outcome.action, outcome.url) == (Action.UPDATED, first["html_url"])
    assert [one["body"] for one in server.comments] == [text("new"), "a reviewer"]


def test_duplicates_are_tidied_up_although_the_newest_says_it_already(server, put):
    server.say(text("a", at=BEFORE - timedelta(hours=2)))
    server.say(text("same", at=BEFORE))
    assert put("same").action is Action.UNCHANGED
    assert server.own == [text("same", at=BEFORE)]


def test_two_that_began_in_the_same_second_leave_the_later_text(server, put):
    server.say(text("a"))
    server.say(text("b"))
    assert put("c").action is Action.UPDATED
    assert server.own == [text("c")]


@REPLACING
def test_all_earlier_comments_are_replaced(server, put, behaviour):
    for hour in (3, 2, 1):
        server.say(text("old", at=AT - timedelta(hours=hour)))
    assert put("new", behaviour=behaviour).action is Action.CREATED
    assert server.shown == [text("new")]


def test_a_comment_that_is_deleted_while_it_is_updated_is_written_anew(server, put):
    old = server.say(text("old", at=BEFORE))
    server.fail("PATCH", "/comments/", reply=None, is_done=False)
    real = server.handle

    def handle(asked):
        if asked.method == "PATCH" and old in server.comments:
            server.comments.remove(old)
        return real(asked)

    server.handle = handle
    assert put("new").action is Action.CREATED
    assert server.own == [text("new")]


def test_a_comment_that_is_too_long_is_not_sent(server, put):
    outcome = put("é" * 32_800)
    assert outcome.action is Action.FAILED
    assert "65,6" in outcome.reason
    assert "65,536" in outcome.reason
    assert server.asked == []
    assert put("x" * 65_000).action is Action.CREATED


def test_what_no_text_can_hold_is_sent_as_a_question_mark(server, put):
    assert put("a\udc80b\0c").action is Action.CREATED
    assert server.own == [text("a?bc")]


@pytest.mark.parametrize("wrong", ["", "a b", "-->", "a\nb", "x" * 101, "é"])
def test_a_name_that_no_marker_can_hold_is_one_line(wrong):
    with pytest.raises(ForgeError, match="cannot name a comment") as caught:
        wish(name=wrong)
    assert "\n" not in str(caught.value)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ForgeError, match="time zone"):
        wish(at=datetime(2026, 11, 21))  # noqa: DTZ001 - the point


def test_a_line_that_a_forge_would_obey_is_defused(server, put):
    put("/close\n  /merge now\n/ no\na /b")
    assert server.own[0].split("\n")[1:] == ["\u200b/close", "  \u200b/merge now", "/ no", "a /b"]
    assert put("/close\n  /merge now\n/ no\na /b", at=AFTER).action is Action.UNCHANGED


class TestAuthor:
    """Who we are, whatever the token is: a person's, that of Actions, that of an app."""

    @pytest.mark.parametrize("login", ["octocat", ACTIONS, "cost-bot[bot]"])
    @pytest.mark.parametrize("has_graphql", [True, False])
    def test_the_second_run_finds_the_comment_of_the_first(self, server, put, login, has_graphql):
        server.tokens = dict.fromkeys(server.tokens, login)
        server.has_graphql = has_graphql
        assert put("old", at=BEFORE).action is Action.CREATED
        outcome = put("new")
        assert server.own == [text("new")]
        assert outcome.action in {Action.UPDATED, Action.CREATED}

    def test_an_app_that_github_does_not_name_learns_who_it_is_from_what_it_writes(self, server, put):
        server.tokens = dict.fromkeys(server.tokens, "cost-bot[bot]")
        server.has_graphql = False
        first = server.say(text("old", at=BEFORE), login="cost-bot[bot]")
        outcome = put("new")
        assert [one["id"] for one in server.comments] == [first["id"]]
        assert server.own == [text("new")]
        assert outcome.action is Action.CREATED

    def test_nobody_is_asked_for_a_name_while_no_comment_has_our_marker(self, server, put):
        server.say("a reviewer", login="octocat")
        put(skip_new=True)
        assert server.count("POST", "/graphql") + server.count("GET", "/user") == 0

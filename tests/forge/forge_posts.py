"""Posts with small values, and defaults for the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from forge_server import HEAD

from pytest_llmcost.forge.post import Behaviour, Post, marked

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BEFORE, AFTER = AT - timedelta(hours=1), AT + timedelta(hours=1)


def wish(body="the cost", *, at=AT, head=HEAD, behaviour=Behaviour.UPDATE, skip_new=False, name="default"):
    return Post(body=body, id=name, at=at, head=head, behaviour=behaviour, skip_new=skip_new)


def text(body="the cost", *, at=AT, name="default"):
    return marked(wish(body, at=at, name=name))

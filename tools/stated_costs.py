"""Hold our prices to what gateways say that their own calls cost: OpenRouter in the usage, a LiteLLM proxy in a header.

    make stated-costs

Reads the recorded exchanges that lie beside the checkout, or in `$PYTEST_LLMCOST_SHARED`, and prices each call as if
its reply stated nothing, by the prices of one day, as the book knows too little of those of routers before. Prints
models and figures, never a text.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.models import billed_model
from pytest_llmcost.pricing import PriceBook

SHARED = Path(os.environ.get("PYTEST_LLMCOST_SHARED") or Path(__file__).parents[2] / "shared")
CORPUS = "corpus/dev.jsonl.gz"
BOOK = PriceBook(as_of=date(2026, 11, 27))
AGREES = Decimal("0.01")
LEAST = Decimal("0.95")


class Stated(NamedTuple):
    """One call whose reply states its cost, in US dollars; `host` is who served it, empty where nobody says so."""

    gateway: str
    host: str
    model: str
    usd: Decimal
    ours: Decimal | None
    note: str
    usage: str
    beside: str
    """What the reply says to have run for the call beside the model, which no count tells; empty for nothing."""

    @property
    def agrees(self) -> bool:
        """Within one per cent."""
        return self.ours is not None and abs(self.ours - self.usd) <= self.usd * AGREES


def calls(row: dict[str, Any]) -> list[Stated]:
    """Return the calls of a row that state a cost."""
    dialect = recognise(row["method"], row["url"])
    if dialect is None or row.get("response_body_b64"):
        return []
    headers = {name.lower(): value for name, value in (row["response_headers"] or {}).items()}
    body = row["request_body"]
    exchange = Exchange(
        method=row["method"],
        url=row["url"],
        reply_headers=headers,
        request=(body if isinstance(body, str) else json.dumps(body)).encode(),
        status=row["response_status"] or 200,
        reply=(row["response_body"] or "").encode(),
        stream=bool(row["is_stream"]),
    )
    found = []
    for request, reply in dialect.read(exchange):
        if reply.stated_usd is None or reply.usage is None:
            continue
        model = billed_model(request.model, reply.model, live=True)
        product = Product(request.provider, model, request.operation, reply.service_tier or request.service_tier)
        cost = BOOK(product, reply.usage)
        usage = " ".join(f"{k}={v}" for k, v in vars_of(reply.usage).items() if v)
        gateway = "litellm" if "x-litellm-response-cost" in headers else request.provider
        host, usd, more = served_by(exchange.reply, headers), Decimal(reply.stated_usd), beside(exchange.reply)
        found.append(Stated(gateway, host, model, usd, cost.usd, cost.note, usage, more))
    return found


def vars_of(usage: Any) -> dict[str, int | None]:
    """Return the counts of a usage by name."""
    return {name: getattr(usage, name) for name in type(usage).__slots__}


def parts(body: bytes) -> list[dict[str, Any]]:
    """Return the JSON objects of a reply: one, or those of its events."""
    found = []
    for text in (body, *(line.removeprefix(b"data:") for line in body.splitlines())):
        try:
            value = json.loads(text)
        except ValueError:
            continue
        found += [value, value.get("response")] if isinstance(value, dict) else []
    return [value for value in found if isinstance(value, dict)]


def served_by(body: bytes, headers: dict[str, str]) -> str:
    """Return who served the call by the gateway's own words, empty where it does not say so."""
    names = (value.get("provider") for value in parts(body))
    return next((name for name in names if isinstance(name, str)), headers.get("x-litellm-model-api-base", ""))


def beside(body: bytes) -> str:
    """Return what was billed beside the model and in no count: other models that tools of the gateway have asked."""
    for value in parts(body):
        tools = (value.get("usage") or {}).get("server_tool_use_details") or {}
        searches = tools.get("web_search_requests") or 0
        if (tools.get("tool_calls_executed") or 0) > searches:
            return "a tool of the gateway that asks another model"
    return ""


def main() -> int:
    """Print each call that states a cost; 1 where less than 95 % of those that we can compute agree."""
    path = SHARED / CORPUS
    if not path.is_file():
        print(f"skipped: {CORPUS} is not there")
        return 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [call for line in lines for call in calls(json.loads(line))]
    for one in sorted(found, key=lambda one: (one.agrees, one.gateway, one.model, one.usd)):
        mark = " " if one.agrees else "!"
        print(f"{mark} {one.gateway}, {one.host or 'host unknown'}, {one.model}: states {one.usd:f}, we {one.ours}")
        if not one.agrees:
            print(f"    {one.beside or one.note} ({one.usage})")
    computed = [one for one in found if one.host and one.ours is not None]
    counted = [one for one in computed if not one.beside]
    print(
        f"{len(found)} state a cost, {len(computed)} of these have a known host and a price of ours:"
        f" {share(computed)} agree within 1 %; where nothing else was billed with the call: {share(counted)}"
    )
    return 0 if sum(one.agrees for one in counted) >= LEAST * len(counted) else 1


def share(calls: list[Stated]) -> str:
    """Return how many agree, as a fraction and in per cent."""
    agree = sum(one.agrees for one in calls)
    return f"{agree} of {len(calls)} ({100 * agree / max(len(calls), 1):.1f} %)"


if __name__ == "__main__":
    sys.exit(main())

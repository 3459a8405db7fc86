"""Abilities: the models that a call could be made of instead, how much they read and write, and what they can read."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.candidates import Model
from pytest_llmcost.core.models import undated
from pytest_llmcost.pricing.names import canonical, split
from pytest_llmcost.pricing.tariff import Bracket, Tariff

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from pytest_llmcost.pricing.book import PriceBook

ABILITIES = {
    "tools": "function_calling",
    "images": "vision",
    "audio": "audio_input",
    "documents": "pdf_input",
}
"""Column of the list -> LiteLLM's word for it."""

COLUMNS = ("host", "model", "input_tokens", "output_tokens", *ABILITIES, "source", "as_of")
"""Of data/models.csv. An ability is `yes`, `no`, or empty where the source does not say."""

_OWNERS = frozenset({"anthropic", "deepseek", "google", "mistral", "openai", "x-ai"})
"""Whose models are an alternative wherever the calls of a run went."""
_ANSWERS = {"yes": True, "no": False}
_OUTPUT = Bracket._fields.index("output")


@cache
def current() -> Mapping[tuple[str, str], Model]:
    """Return the list of current general models by host and name, 1 ms. `tools/refresh_prices.py` makes it anew."""
    from importlib.resources import files

    text = (files(__package__) / "data" / "models.csv").read_text(encoding="utf-8")
    return {(row["host"], row["model"].lower()): _model(row) for row in csv.DictReader(text.splitlines())}


def alternatives(book: PriceBook, hosts: Iterable[str]) -> list[Model]:
    """Return the models that calls to some hosts could be made of: what these hosts sell, and the owners' current ones.

    Of a model that is on a price list only, nobody knows what it can do. Dated snapshots of a model that is there, and
    what writes nothing or is sold by the piece, are left out.
    """
    sold_by = {canonical(host) for host in hosts}
    known = [model for (host, _), model in current().items() if host in _OWNERS | sold_by]
    listed = {(one.provider, one.model.lower()) for one in known}
    others = [(host, model) for host, model in _priced(book, sold_by) if (host, model.lower()) not in listed]
    names = listed | {(host, model.lower()) for host, model in others}
    return known + [
        Model(provider=host, model=model)
        for host, model in others
        if undated(model) == model.lower() or (host, undated(model)) not in names
    ]


def _priced(book: PriceBook, hosts: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield what the price lists of some hosts have that writes text."""
    for name in book.names():
        host, model = split(name)
        if host is not None and host in hosts and not model.startswith("ft:"):
            found = book.find(Product(host, model))
            if isinstance(found, Tariff) and found.brackets[0][_OUTPUT]:
                yield host, model


def _model(row: Mapping[str, str]) -> Model:
    return Model(
        provider=row["host"],
        model=row["model"],
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]) if row["output_tokens"] else None,
        abilities={name: answer for name in ABILITIES if (answer := _ANSWERS.get(row[name])) is not None},
    )

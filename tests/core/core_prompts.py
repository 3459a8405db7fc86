"""Prompts for the tests of prefixes and advice: blocks named by one word, calls of a feature, and what is advised."""

from core_values import PRICE, call, feature, profile, report, run, settings

from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.usage import Usage

SEGMENTS = {"tool": Segment.TOOLS, "rule": Segment.SYSTEM, "past": Segment.HISTORY, "media": Segment.MEDIA}


def part(word, tokens=100, *pieces, **changes):
    """A block: the beginning of its name says what it is (`tool…`, `rule…`, `past…`, `media…`, else the user's)."""
    segment = next((segment for start, segment in SEGMENTS.items() if word.startswith(start)), Segment.USER)
    return Block(segment, word, tokens, tuple(map(piece, pieces)), **changes)


def piece(text):
    """`name:tokens`, or `name:tokens:shape`."""
    name, tokens, *shape = text.split(":", 2)
    return Piece(name, int(tokens), *shape)


def prompt(*blocks, output=100, read=None, write=None, scale=1, **changes):
    """A profile of some blocks (a word is one of 100 tokens), reported as counted, or `scale` times that."""
    blocks = tuple(part(one) if isinstance(one, str) else one for one in blocks)
    tokens = sum(block.tokens for block in blocks) * scale
    usage = Usage(input_tokens=tokens, output_tokens=output, cache_read_tokens=read, cache_write_tokens=write)
    values = {"usage": usage, "blocks": blocks, "prompt": " ".join(block.fingerprint for block in blocks)}
    return profile(tokens, output, **(values | {"counted_tokens": tokens, "reported_for": tokens} | changes))


def node(number):
    return f"tests/test_chat.py::test_{number}"


def each(*profiles, **changes):
    """One call per test, with these profiles."""
    return [call(one, test=node(number), **changes) for number, one in enumerate(profiles)]


def advised(*calls, requests=1_000_000, served=PLAIN, kind=None, price=PRICE, against=None, tests=None, **changes):
    """The advice of a run of calls of one feature, as (kind, dollars a month); only that of a kind, when named."""
    chosen = settings(feature(requests=requests, production=served), **changes)
    found = report(run(*calls, tests=tests), chosen, against, price).advice
    return [one for one in found if kind is None or one.kind == kind]


def savings(*calls, **changes):
    return [(one.kind, one.monthly_usd) for one in advised(*calls, **changes)]

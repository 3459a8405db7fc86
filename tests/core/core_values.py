"""Small values for the tests of core, each with what the test says and defaults for the rest."""

from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction

from hypothesis import strategies as st

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.call import Call, Cost, Origin, Outcome, Product, Profile
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.projection import cost_per_request, month
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.run import Run, TestOutcome, TestRun
from pytest_llmcost.core.sample import Sample
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.settings import Feature, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.core.usage import FIELDS, Provenance, Usage

TEST = "tests/test_chat.py::test_a"
OTHER = "tests/test_chat.py::test_b"
GPT_4O = Product("openai", "gpt-4o")
EXACT = Context(prec=100)

counts = st.integers(0, 10**9)
usages = st.builds(Usage, **{name: counts if name in FIELDS[:2] else st.none() | counts for name in FIELDS})
money = st.decimals(min_value=0, max_value=10**9, places=15)


def rates(input_usd, output_usd, *, read=None, write=None):
    """A price book of one entry, in USD per million tokens."""
    plain, out = Decimal(input_usd), Decimal(output_usd)
    cached = plain if read is None else Decimal(read)
    written = plain if write is None else Decimal(write)

    def price(_product, usage):
        reads, writes = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        rest = usage.input_tokens - reads - writes
        amounts = ((rest, plain), (reads, cached), (writes, written), (usage.output_tokens, out))
        usd = Decimal(0)
        for tokens, rate in amounts:
            usd = EXACT.fma(rate, tokens, usd)
        return Cost(usd.scaleb(-6, EXACT), "as stated")

    return price


PRICE = rates("2.50", "10")


def unpriced(_product, _usage):
    return Cost(None, "no price: nobody knows it")


def block(segment, tokens, fingerprint="0" * 16):
    return Block(segment, fingerprint, tokens)


def profile(input_tokens=1_000, output_tokens=100, **changes):
    """A call whose reply reports what we count ourselves."""
    counted = changes.get("counted_tokens", input_tokens)
    values = {
        "product": GPT_4O,
        "usage": Usage(input_tokens=input_tokens, output_tokens=output_tokens),
        "usage_source": Provenance.REPORTED,
        "input_tokens_upper": input_tokens,
        "prompt": f"prompt of {counted}",
        "blocks": (block(Segment.USER, counted),),
        "counted_tokens": counted,
        "reported_tokens": input_tokens,
        "reported_for": counted,
    }
    return Profile(**(values | changes))


def call(one=None, **changes):
    one = one or profile()
    values = {
        "test": TEST,
        "phase": "call",
        "attempt": 1,
        "index": 0,
        "requested_model": "gpt-4o",
        "status": 200,
        "outcome": Outcome.OK,
        "stream": False,
        "origin": Origin.REPLAYED,
        "call_site": "src/app.py:7",
        "profile": one,
        "counted_upper": one.counted_tokens,
    }
    return Call(**(values | changes))


def ran(test=TEST, outcome=TestOutcome.PASSED, **changes):
    return TestRun(test=test, outcome=outcome, **changes)


def run(*calls, tests=None, **changes):
    """A run of the tests that made the calls, all passed."""
    names = dict.fromkeys(one.test for one in calls if one.test)
    own = tuple(ran(name) for name in names) if tests is None else tuple(tests)
    return Run(calls=calls, tests=own, estimator="e1", **changes)


def monthly(request, requests, scenario=MEASURED, price=PRICE, overheads=Fraction(0)):
    """US dollars a month from what one request is made of."""
    return month(cost_per_request(request, Meter(price, scenario)), Fraction(requests), scenario, overheads)


def sample_of(*profiles, test=TEST, weight=1, feature="chat"):
    return Sample(test=test, feature=feature, profiles=profiles, weight=Decimal(weight))


def feature(name="chat", requests: int | None = 1_000_000, tests=("tests",), **changes):
    traffic = None if requests is None else Traffic(requests_per_month=Decimal(requests))
    return Feature(name=name, tests=tests, traffic=traffic, **changes)


def settings(*features, **changes):
    return Settings(features=features or (feature(),), **changes)


def baseline(tests, requests: int | None = 1_000_000, estimator="e1"):
    """A baseline of some tests' profiles, all of them for the feature `chat`."""
    entries = {
        test: Entry(calls=tuple(profiles), features=("chat",) * len(profiles)) for test, profiles in tests.items()
    }
    declared = {} if requests is None else {"chat": Decimal(requests)}
    return Baseline(header=Header(requests_per_month=declared, estimator=estimator), tests=entries, source="a file")


def report(of, chosen=None, against=None, price=PRICE):
    book = Book(price=price, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    return build_report(of, chosen or settings(), Against(against, "nothing to compare with"), book)


def rules(of):
    """The findings of a report as (rule, severity)."""
    return [(finding.rule, finding.severity.value) for finding in of.findings]


def changed(one, **changes):
    return replace(one, **changes)

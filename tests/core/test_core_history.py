"""A history: what each commit did to the month, raises on branches told once, unreadable versions stepped over."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import GPT_4O, PRICE, profile, unpriced
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.baseline import Acceptance, Baseline, Entry, Header
from pytest_llmcost.core.between import compare_baseline_runs, compare_baselines
from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.history import CLONE_ENDS, FIRST, NO_ANCESTOR, History, Version, steps
from pytest_llmcost.core.lineage import Commit, Lineage
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.repricing import Repricer
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED

BASE, *_ = DEFAULTS


def version(tests, requests=1_000_000, feature="chat", **more):
    """A baseline by the input tokens of its tests' only calls; 1,000 tokens are $3,500 a month."""
    entries = {}
    for test, tokens in tests.items():
        own = feature[test] if isinstance(feature, dict) else feature
        entries[test] = Entry(calls=(profile(tokens),), features=(own,))
    counts = requests if isinstance(requests, dict) else {"chat": requests} if requests else {}
    traffic = {name: Decimal(count) for name, count in counts.items()}
    return Baseline(header=Header(requests_per_month=traffic), tests=entries, **more)


def told(graph, versions, repricer=None, *, only=None, ends=()):
    """The steps of a graph, given newest first as `name: parents`, by the name of the commit."""
    commits = [
        Commit(
            hash=name,
            parents=tuple(parents.split()),
            is_merge=" " in parents,
            authored_at="2026-11-01T10:00:00+01:00",
            author="Ada",
            subject=name,
        )
        for name, parents in graph.items()
    ]
    lineage = Lineage(commits, frozenset(ends))
    shown = [commit for commit in commits if only is None or commit.hash in only]

    def read(commit):
        found = versions[commit.hash]
        return Version(baseline=None, problem=found) if isinstance(found, str) else Version(baseline=found)

    return {step.commit.hash: step for step in steps(lineage, shown, read, repricer or Repricer(MEASURED, PRICE))}


def changes(found):
    return {name: None if step.change_usd is None else int(step.change_usd) for name, step in found.items()}


def test_each_commit_is_compared_with_its_parent():
    found = told(
        {"c": "b", "b": "a", "a": ""}, {"a": version({"t": 1000}), "b": version({"t": 1200}), "c": version({})}
    )
    assert list(found) == ["c", "b", "a"]
    assert (found["b"].before_usd, found["b"].after_usd, found["b"].change_usd) == (3500, 4000, 500)
    assert (found["b"].part, found["b"].per, found["b"].note) == ("chat", "month", None)
    assert (found["a"].before_usd, found["a"].after_usd, found["a"].note) == (None, 3500, FIRST)
    assert changes(found) == {"c": -4000, "b": 500, "a": None}
    assert [found[name].is_raise for name in "cba"] == [False, True, False]


def test_a_raise_on_a_branch_is_told_by_its_commit_and_not_again_by_the_merge():
    start = {"t": 1000, "u": 1000}
    versions = {
        "a": version(start),
        "main": version(start | {"u": 1100}),
        "branch": version(start | {"t": 2000}),
        "merge": version({"t": 2000, "u": 1100}),
    }
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert changes(found) == {"merge": 0, "branch": 1250, "main": 125, "a": None}
    assert found["merge"].after_usd == found["merge"].before_usd == 3500 + 1250 + 125


def test_what_a_merge_adds_itself_is_its_change():
    start = {"t": 1000, "u": 1000}
    versions = {
        "a": version(start),
        "main": version(start | {"u": 1200}),
        "branch": version(start | {"t": 1200}),
        "merge": version({"t": 1200, "u": 1200, "v": 5000}),
    }
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert found["merge"].change_usd == found["merge"].after_usd - 4000 > 0


def test_a_test_that_both_sides_changed_is_expected_to_have_both_changes():
    """Both made the shared prompt longer; after the merge it was measured anew."""
    versions = {name: version({"t": tokens}) for name, tokens in {"a": 1000, "main": 1100, "branch": 1200}.items()}
    graph = {"merge": "main branch", "branch": "a", "main": "a", "a": ""}
    assert changes(told(graph, versions | {"merge": version({"t": 1300})}))["merge"] == 0
    assert changes(told(graph, versions | {"merge": version({"t": 1400})}))["merge"] == 250
    assert changes(told(graph, versions | {"merge": version({"t": 1200})}))["merge"] == -250


def test_the_same_change_on_both_sides_is_one_change():
    versions = {
        "a": version({"t": 1000, "u": 1}),
        "main": version({"t": 1200, "u": 1}),
        "branch": version({"t": 1200, "u": 2}),
        "merge": version({"t": 1200, "u": 3}),
    }
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert found["merge"].change_usd == Decimal("1.25")


def test_traffic_is_merged_like_tests():
    requests = {"a": 1_000_000, "main": 2_000_000, "branch": 1_000_000, "merge": 2_000_000}
    tokens = {"a": 1000, "main": 1000, "branch": 1200, "merge": 1200}
    versions = {name: version({"t": tokens[name]}, requests[name]) for name in requests}
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert changes(found) == {"merge": 0, "branch": 500, "main": 3500, "a": None}


def test_overheads_are_those_of_each_version_and_are_merged_like_tests():
    shares = {"a": {}, "main": {"retries": "0.1"}, "branch": {"evaluation": "0.2"}}
    shares["merge"] = shares["main"] | shares["branch"]
    versions = {}
    for name, table in shares.items():
        one = version({"t": 1000})
        overheads = {key: Decimal(share) for key, share in table.items()}
        versions[name] = replace(one, header=replace(one.header, overheads=overheads))
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert changes(found) == {"merge": 0, "branch": 700, "main": 350, "a": None}
    assert found["merge"].after_usd == Decimal(4550)
    cause = found["branch"].cause
    assert (cause.kind, cause.before, cause.after, cause.monthly_usd) == ("overheads", "0", "0.2", 700)


def test_the_same_overhead_declared_otherwise_on_both_sides_is_expected_with_both_changes():
    versions = {}
    for name, share in {"a": "0.1", "main": "0.2", "branch": "0.3", "merge": "0.4"}.items():
        one = version({"t": 1000})
        versions[name] = replace(one, header=replace(one.header, overheads={"retries": Decimal(share)}))
    found = told({"merge": "main branch", "branch": "a", "main": "a", "a": ""}, versions)
    assert changes(found) == {"merge": 0, "branch": 700, "main": 350, "a": None}


def test_a_merge_of_three_sides_has_the_changes_of_all_three():
    start = {"t": 1000, "u": 1000, "v": 1000}
    sides = {name: version(start | {test: 1300}) for name, test in {"x": "t", "y": "u", "z": "v"}.items()}
    end = version(dict.fromkeys(start, 1300))
    graph = {"merge": "x y z", "z": "a", "y": "a", "x": "a", "a": ""}
    assert changes(told(graph, sides | {"a": version(start), "merge": end}))["merge"] == 0
    both = {name: version({"t": tokens}) for name, tokens in {"a": 1000, "x": 1100, "y": 1200, "z": 1300}.items()}
    assert changes(told(graph, both | {"merge": version({"t": 1600})}))["merge"] == 0


def test_lines_of_work_part_at_the_newest_common_commit():
    graph = {"merge": "m2 b2", "b2": "b1", "m2": "b1", "b1": "a", "a": ""}
    tokens = {"a": 100, "b1": 1000, "m2": 1100, "b2": 1200, "merge": 1300}
    versions = {name: version({"t": count}) for name, count in tokens.items()}
    assert changes(told(graph, versions))["merge"] == 0


def test_without_a_common_version_what_a_merge_adds_is_unknown():
    versions = {"merge": version({"t": 3, "u": 4}), "x": version({"t": 3}), "y": version({"u": 4})}
    found = told({"merge": "x y", "y": "", "x": ""}, versions, ends={"x"})
    assert (found["merge"].change_usd, found["merge"].note) == (None, NO_ANCESTOR)
    assert (found["x"].note, found["y"].note) == (CLONE_ENDS, FIRST)


def test_a_version_that_cannot_be_read_is_told_and_stepped_over():
    graph = {"d": "c", "c": "b", "b": "a", "a": ""}
    versions = {"a": version({"t": 1000}), "b": "it is damaged", "c": "it is gone", "d": version({"t": 1400})}
    found = told(graph, versions)
    assert [found[name].problem for name in graph] == [None, "it is gone", "it is damaged", None]
    assert (found["d"].before_usd, found["d"].change_usd) == (3500, 1000)
    assert found["c"].after_usd is None
    assert told(graph, versions, only={"d"}) == {"d": found["d"]}


def test_after_nothing_but_unreadable_versions_comes_the_first():
    found = told({"b": "a", "a": ""}, {"a": "it is damaged", "b": version({"t": 1})})
    assert found["b"].note == FIRST


def test_an_acceptance_is_told_where_it_is_added():
    one = Acceptance(on="2026-11-02", by="Ada", reason="launch", before_usd=None, after_usd=None)
    two = replace(one, reason="more")
    versions = {
        "a": version({"t": 1}),
        "b": version({"t": 2}, accepted=(one,)),
        "c": version({"t": 2}, accepted=(one, two)),
    }
    found = told({"c": "b", "b": "a", "a": ""}, versions)
    assert [found[name].accepted for name in "abc"] == [(), (one,), (two,)]


def test_without_traffic_it_is_what_one_run_costs():
    found = told({"b": "a", "a": ""}, {"a": version({"t": 1000}, None), "b": version({"t": 1000, "u": 2000}, None)})
    assert (found["b"].per, found["b"].before_usd, found["b"].part) == ("run", Decimal("0.0035"), "u")
    assert found["b"].change_usd == Decimal("0.006")


def test_a_month_is_not_compared_with_a_run():
    found = told({"b": "a", "a": ""}, {"a": version({"t": 1000}, None), "b": version({"t": 1000})})
    assert (found["b"].after_usd, found["b"].change_usd) == (3500, None)
    assert found["b"].note == "from here on the figure is that of a month, not of a run"


def test_what_has_no_price_is_unknown_and_never_nothing():
    versions = {"a": version({"t": 1000}), "b": version({"t": 1001})}
    found = told({"b": "a", "a": ""}, versions, Repricer(MEASURED, unpriced))
    assert (found["b"].before_usd, found["b"].after_usd, found["b"].change_usd) == (None, None, None)
    assert not found["b"].is_raise

    def half(product, usage):
        return unpriced(product, usage) if usage.input_tokens == 1001 else PRICE(product, usage)

    found = told({"b": "a", "a": ""}, versions, Repricer(MEASURED, half))
    assert (found["b"].before_usd, found["b"].after_usd, found["b"].part) == (3500, None, "chat")


def test_one_feature_is_told_with_the_commits_that_changed_it():
    features = {"t": "chat", "u": "search"}
    requests = {"chat": 1_000_000, "search": 1_000_000}
    versions = {
        "a": version({"t": 1000}, {"chat": 1_000_000}),
        "b": version({"t": 1000, "u": 1000}, requests, features),
        "c": version({"t": 1200, "u": 1000}, requests, features),
        "d": version({"t": 1200, "u": 1400}, requests, features),
    }
    graph = {"d": "c", "c": "b", "b": "a", "a": ""}
    assert changes(told(graph, versions)) == {"d": 1000, "c": 500, "b": 3500, "a": None}
    assert changes(told(graph, versions, Repricer(MEASURED, PRICE, feature="search"))) == {"d": 1000, "b": 3500}
    assert changes(told(graph, versions, Repricer(MEASURED, PRICE, feature="chat"))) == {"c": 500, "a": None}


def cached(rate, tests):
    """A version whose own cache answers a share of the requests."""
    known = version(tests)
    served = {"chat": Production(response_cache_hit_rate=Decimal(rate))} if rate else {}
    return replace(known, header=replace(known.header, production=served))


@pytest.mark.parametrize(("of_merge", "told_of_merge"), [("0.5", 0), (None, 2250)])
def test_a_change_of_production_is_of_the_commit_that_made_it(of_merge, told_of_merge):
    versions = {
        "a": cached(None, {"t": 1000}),
        "x": cached("0.5", {"t": 1000}),
        "y": cached(None, {"t": 1400}),
        "m": cached(of_merge, {"t": 1400}),
    }
    found = changes(told({"m": "x y", "y": "a", "x": "a", "a": ""}, versions))
    assert found == {"m": told_of_merge, "y": 1000, "x": -1750, "a": None}


def test_what_both_sides_of_a_merge_changed_in_production_is_added_up():
    """Expected of the merge: 1,750 and 2,800 dollars less the 3,500 of their ancestor; found: 1,750."""
    versions = {
        "a": cached(None, {"t": 1000}),
        "x": cached("0.5", {"t": 1000}),
        "y": cached("0.2", {"t": 1000}),
        "m": cached("0.5", {"t": 1000}),
    }
    found = changes(told({"m": "x y", "y": "a", "x": "a", "a": ""}, versions))
    assert found == {"m": 700, "y": -700, "x": -1750, "a": None}


def test_each_distinct_call_is_priced_once():
    asked = []

    def price(product, usage):
        asked.append((product, usage))
        return PRICE(product, usage)

    versions = {"a": version({"t": 1000, "u": 1000}), "b": version({"t": 1000, "u": 1001})}
    Repricer(MEASURED, price).figures(versions["a"])
    assert len(asked) == 1
    repricer = Repricer(MEASURED, price)
    asked.clear()
    for one in (*versions.values(), *versions.values()):
        repricer.figures(one)
    assert len(asked) == 2


entry = st.builds(
    lambda calls, weight: Entry(
        calls=tuple(profile(tokens, 7, product=Product("openai", model)) for tokens, model, _ in calls),
        features=tuple(feature for _, _, feature in calls),
        weight=weight,
    ),
    st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from(["gpt-4o", "o3"]), st.sampled_from(["chat", "more", None])),
        max_size=3,
    ),
    st.decimals(0, 100, places=3),
)
baselines = st.builds(
    lambda tests, requests, overheads: Baseline(
        header=Header(requests_per_month=requests, overheads=overheads), tests=tests
    ),
    st.dictionaries(st.sampled_from("tuvw"), entry),
    st.dictionaries(st.sampled_from(["chat", "more"]), st.decimals(0, 10**6, places=2), min_size=1),
    st.dictionaries(st.sampled_from(["retries", "evaluation"]), st.decimals(0, 3, places=5)),
)


@given(baselines, baselines, st.sampled_from([MEASURED, BASE]), st.booleans())
def test_the_figures_are_those_of_a_comparison_to_the_last_digit(before, after, scenario, unknown):
    def price(product, usage):
        return Cost(None, "?") if unknown and product.model == "o3" else PRICE(GPT_4O, usage)

    repricer = Repricer(scenario, price)
    compared = compare_baselines(before, after, scenario, price)
    for side, usd in ((before, "before_usd"), (after, "after_usd")):
        figures = repricer.figures(side)
        assert figures.usd == getattr(compared, usd)
        assert figures.parts == {one.name: getattr(one, usd) for one in compared.features if one.name in figures.parts}
    before, after = (replace(one, header=replace(one.header, requests_per_month={})) for one in (before, after))
    runs = compare_baseline_runs(before, after, price, tests=before.tests.keys() | after.tests.keys())
    assert repricer.figures(before).usd == runs.before_usd
    assert repricer.figures(after).usd == runs.after_usd


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=4, max_size=4))
def test_all_changes_of_a_history_add_up_to_its_last_figure(edits):
    """Whatever two branches do, also to the same tests, as long as the number of tests stays."""
    start = dict.fromkeys("tuvw", 1000)
    one, two = dict(start), dict(start)
    for side, (test, factor) in zip((one, two, one, two), edits, strict=True):
        side["tuvw"[test]] = 1000 * factor
    merged = {test: max(one[test], two[test]) for test in start}
    versions = {"a": version(start), "x": version(one), "y": version(two), "m": version(merged)}
    found = told({"m": "x y", "y": "a", "x": "a", "a": ""}, versions)
    same = sum(one[test] - 1000 for test in start if one[test] == two[test])
    whole = sum(step.change_usd or 0 for step in found.values()) - Decimal(same) * Decimal("0.625")
    assert found["m"].after_usd == found["a"].after_usd + whole


@pytest.mark.parametrize(("problems", "ends"), [([], ("a", "c")), (["c"], ("a", "b")), (["a", "b", "c"], None)])
def test_the_ends_of_a_history_are_its_readable_ends(problems, ends):
    versions = {name: "damaged" if name in problems else version({"t": 1}) for name in "abc"}
    found = tuple(told({"c": "b", "b": "a", "a": ""}, versions).values())
    prices = Prices(source="book", version="1", as_of="2026-11-01")
    history = History(source="b.json", steps=found, prices=prices, scenario="measured")
    assert (history.ends() and tuple(step.commit.hash for step in history.ends())) == ends


def test_the_main_cause_is_the_largest_of_the_comparison():
    features = {"t": "chat", "u": "search"}
    before = version({"t": 1000, "u": 1000}, {"chat": 1_000_000, "search": 1_000_000}, features)
    after = version({"t": 1100, "u": 1800}, {"chat": 1_000_000, "search": 1_200_000}, features)
    step = told({"b": "a", "a": ""}, {"a": before, "b": after})["b"]
    compared = compare_baselines(before, after, MEASURED, PRICE)
    causes = [cause for change in compared.features for cause in change.causes]
    assert step.cause == max(causes, key=lambda one: abs(one.monthly_usd), default=None)
    assert step.part == "search"

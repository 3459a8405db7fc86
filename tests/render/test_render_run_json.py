"""The run file: the fields of the public interface, one row a line, streamed."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import islice

import jsonschema
import pytest

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.report import Totals
from pytest_llmcost.core.usage import UNITS, Usage
from pytest_llmcost.render.run_json import chunks

MONEY = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}
MAYBE_MONEY = {"anyOf": [MONEY, {"type": "null"}]}
TEXT, COUNT, FLAG = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
MAYBE_TEXT, MAYBE_NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"], "minimum": 0}


def closed(**keys):
    """An object with exactly these keys."""
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}


def named(each):
    return {"type": "object", "additionalProperties": each}


def listed(each):
    return {"type": "array", "items": each}


USAGE = {
    "type": "object",
    "properties": dict.fromkeys(
        [
            "input_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "cache_write_1h_tokens",
            "output_tokens",
            "reasoning_tokens",
            "input_audio_tokens",
            "output_audio_tokens",
            *UNITS,
        ],
        COUNT,
    ),
    "required": ["input_tokens", "output_tokens"],
    "additionalProperties": False,
}
USE = closed(key=TEXT, limit=MONEY, actual=MAYBE_MONEY, unit={"enum": ["usd", "tokens", "calls"]}, location=MAYBE_TEXT)
USE["properties"] |= {"estimate": MONEY, "at": {"enum": ["p50", "p95"]}}
SEGMENTS = {"propertyNames": {"enum": ["system", "tools", "history", "user", "media"]}, **named(COUNT)}
BLOCKS = listed(
    {
        "type": "array",
        "prefixItems": [{"enum": ["system", "tools", "history", "user", "media"]}, TEXT, COUNT],
        "minItems": 2,
        "maxItems": 3,
    }
)
CALL = closed(
    test=MAYBE_TEXT,
    phase=TEXT,
    attempt=COUNT,
    index=COUNT,
    feature=MAYBE_TEXT,
    provider=TEXT,
    model=TEXT,
    requested_model=MAYBE_TEXT,
    operation=TEXT,
    status={"type": ["integer", "null"]},
    outcome={"enum": ["ok", "partial", "error", "refused"]},
    stream=FLAG,
    origin={"enum": ["live", "replayed", "local", "fake", "recorded"]},
    usage=USAGE,
    usage_source={"enum": ["reported", "counted", "adjusted", "scaled", "declared"]},
    input_tokens_upper=COUNT,
    segments=SEGMENTS,
    cost_usd=MAYBE_MONEY,
    price_note=TEXT,
    call_site=MAYBE_TEXT,
    prompt_sha256=TEXT,
)
CALL["properties"] |= {
    "service_tier": TEXT,
    "stale_by": {"type": "integer"},
    "evaluation": {"const": True},
    "counted_tokens": COUNT,
    "counted_upper": COUNT,
    "reported_tokens": COUNT,
    "reported_for": COUNT,
    "output_limit": COUNT,
    "output_tokens_upper": COUNT,
    "note": TEXT,
    "replayed_by": TEXT,
    "stated_usd": MONEY,
    "tools_called": listed(TEXT),
    "blocks": BLOCKS,
    "recorded": closed(
        usage=USAGE, usage_source=TEXT, input_tokens_upper=COUNT, reported_for={"type": ["integer", "null"]}
    ),
}
CAUSE = closed(
    kind={
        "enum": [
            *("traffic", "scenario", "overheads", "samples", "calls", "model", "output", "cache", "price"),
            *("input.system", "input.tools", "input.history", "input.user", "input.media"),
        ]
    },
    subject=TEXT,
    before=MAYBE_TEXT,
    after=MAYBE_TEXT,
    monthly_usd={"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    location=MAYBE_TEXT,
    test=MAYBE_TEXT,
    detail=MAYBE_TEXT,
)
CHANGE = {"name": TEXT, "before_usd": MAYBE_MONEY, "after_usd": MAYBE_MONEY, "causes": listed(CAUSE)}
COMPARISON = closed(
    base=closed(commit=MAYBE_TEXT, source=TEXT),
    monthly_before_usd=MAYBE_MONEY,
    monthly_after_usd=MAYBE_MONEY,
    features=listed(closed(**CHANGE)),
    gate=listed(closed(**CHANGE)),
    added=listed(TEXT),
    removed=listed(TEXT),
    carried=listed(TEXT),
    renamed=named(TEXT),
    scenarios=named(closed(before_usd=MAYBE_MONEY, after_usd=MAYBE_MONEY)),
    tests=listed(closed(name=TEXT, before_usd=MAYBE_MONEY, after_usd=MAYBE_MONEY)),
)
COMPARISON["properties"] |= {"run_before_usd": MAYBE_MONEY, "run_after_usd": MAYBE_MONEY}
FEATURE = closed(
    name=TEXT,
    samples=COUNT,
    carried=COUNT,
    lost=COUNT,
    calls_per_request=MAYBE_NUMBER,
    input_tokens=MAYBE_NUMBER,
    output_tokens=MAYBE_NUMBER,
    cost_per_request_usd=MAYBE_MONEY,
    requests_per_month=MAYBE_NUMBER,
    monthly_usd=named(MAYBE_MONEY),
    provenance=MAYBE_TEXT,
    uncovered=FLAG,
    budgets=listed(USE),
)
SIGNED = {"anyOf": [{"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, {"type": "null"}]}
LAYER = closed(name=TEXT, usd=SIGNED)
LAYER["properties"]["alone_usd"] = SIGNED
FEATURE["properties"] |= {
    "monthly_upper_usd": MONEY,
    "how": listed(TEXT),
    "layers": listed(LAYER),
    "bought": listed(closed(model=TEXT, kind=TEXT, amount=MONEY, usd_per_million=MAYBE_MONEY, usd=MONEY)),
    "spread": {
        "anyOf": [
            closed(
                samples=COUNT,
                p50_usd=MONEY,
                p95_usd=MONEY,
                low_usd=MAYBE_MONEY,
                high_usd=MAYBE_MONEY,
                month_p95_usd=MAYBE_MONEY,
            ),
            {"type": "null"},
        ]
    },
    "units": closed(
        per_request_usd=MAYBE_MONEY,
        per_session_usd=MAYBE_MONEY,
        per_user_usd=MAYBE_MONEY,
        per_conversion_usd=MAYBE_MONEY,
        share_of_revenue=MAYBE_MONEY,
    ),
    "forecast_usd": listed(MONEY),
    "peak_usd": MONEY,
}
OUTLOOK = closed(
    layers=listed(LAYER),
    forecast_usd=listed(MONEY),
    year_usd=MAYBE_MONEY,
    one_time_usd=named(MAYBE_MONEY),
    rule_of_thumb_usd=MAYBE_MONEY,
    self_hosting={
        "anyOf": [
            closed(
                machines=COUNT,
                usd=MONEY,
                saving_usd=SIGNED,
                break_even_tokens_per_day=MAYBE_MONEY,
                is_within_reach={"type": "boolean"},
            ),
            {"type": "null"},
        ]
    },
    fine_tuning=listed(
        closed(
            name=TEXT,
            feature=TEXT,
            model=TEXT,
            once_usd=MONEY,
            before_usd=MAYBE_MONEY,
            after_usd=MAYBE_MONEY,
            months=MAYBE_MONEY,
        )
    ),
)
RUN = closed(
    format={"const": "pytest-llmcost/run"},
    version={"const": 1},
    created_at=TEXT,
    plugin_version=TEXT,
    git=closed(commit=MAYBE_TEXT, branch=MAYBE_TEXT, dirty={"type": ["boolean", "null"]}),
    prices=closed(source=TEXT, version=TEXT, as_of=TEXT, dated=MAYBE_TEXT, age_days={"type": ["integer", "null"]}),
    verdict={"enum": ["pass", "fail"]},
    totals=closed(
        calls=COUNT,
        tests=COUNT,
        usage=USAGE,
        cost_usd=MONEY,
        spend_usd=MONEY,
        network_calls=COUNT,
        network_tests=COUNT,
        unpriced_calls=COUNT,
        by_provenance=named(COUNT),
        partial=FLAG,
        budgets=listed(USE),
        groups=listed(closed(name=TEXT, calls=COUNT, tests=COUNT, cost_usd=MAYBE_MONEY)),
    ),
    calls=listed(CALL),
    tests=listed(
        closed(
            test=TEXT,
            outcome=TEXT,
            attempts=COUNT,
            features=listed(TEXT),
            weight={"type": "number"},
            calls=COUNT,
            usage=USAGE,
            cost_usd=MAYBE_MONEY,
        )
    ),
    features=listed(FEATURE),
    scenarios=named(
        closed(
            monthly_usd=MAYBE_MONEY,
            inference_usd=MAYBE_MONEY,
            overheads_usd=named(MONEY),
            fixed_usd=named(MAYBE_MONEY),
            requests={"type": "number"},
        )
    ),
    findings=listed(
        closed(
            rule=TEXT,
            severity={"enum": ["error", "warning", "notice"]},
            subject=TEXT,
            limit=MAYBE_TEXT,
            actual=MAYBE_TEXT,
            message=TEXT,
            location=MAYBE_TEXT,
        )
    ),
    comparison={"anyOf": [COMPARISON, {"type": "null"}]},
    config={"type": "object"},
    prompts=named(BLOCKS),
    blocks=named({"anyOf": [COUNT, {"type": "array", "prefixItems": [COUNT, listed(TEXT)], "minItems": 2}]}),
    pieces=named(COUNT),
    prompt_files=listed(
        closed(
            path=TEXT,
            sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
            model=TEXT,
            encoding=TEXT,
            tokens=COUNT,
            tokens_upper=COUNT,
            source={"enum": ["counted", "scaled"]},
            pattern=MAYBE_TEXT,
            max_tokens={"type": ["integer", "null"]},
            tokens_before={"type": ["integer", "null"]},
        )
    ),
    session={
        "anyOf": [
            closed(
                tests=listed({"type": "array", "prefixItems": [TEXT, COUNT, TEXT, TEXT, MAYBE_TEXT], "minItems": 5}),
                findings=listed({"type": "object"}),
                missing=listed(TEXT),
                searched=listed(TEXT),
                gone=listed(TEXT),
                estimator=TEXT,
            ),
            {"type": "null"},
        ]
    },
    advice=listed(
        closed(kind=TEXT, feature=TEXT, monthly_usd=MONEY, message=TEXT, location=MAYBE_TEXT, test=MAYBE_TEXT)
    ),
    calibration=listed(
        closed(
            provider=TEXT,
            model=TEXT,
            operation=TEXT,
            content={"enum": ["text", "tools", "media"]},
            prompts=COUNT,
            ratio=MONEY,
            low=MONEY,
            high=MONEY,
            calls=COUNT,
        )
    ),
)
RUN["properties"] |= {"texts": named(TEXT), "outlook": OUTLOOK}


def written(report, declared=None):
    return json.loads("".join(chunks(report, declared or {})))


def test_a_run_file_has_the_fields_of_the_public_interface(report, declared):
    jsonschema.validate(written(report, declared), RUN)


def test_the_bounds_of_estimates_are_in_the_public_interface(rich, declared):
    feature = rich.features[0]
    feature = replace(
        feature, monthly_upper_usd=Decimal(9), budgets=(replace(feature.budgets[0], estimate=Decimal(1)),)
    )
    call = rich.calls[0]
    call = replace(call, call=replace(call.call, profile=replace(call.call.profile, output_tokens_upper=9)))
    data = written(replace(rich, features=(feature,), calls=(call,)), declared)
    jsonschema.validate(data, RUN)
    assert data["features"][0]["monthly_upper_usd"] == "9"
    assert data["features"][0]["budgets"][0]["estimate"] == "1"
    assert data["calls"][0]["output_tokens_upper"] == 9


def test_the_declared_traffic_stands_beside_what_was_asked_of_the_run(rich, declared):
    config = written(rich, declared)["config"]
    assert config["features"] == {"support_chat": {"requests_per_month": 500_000}}
    assert config["scenario"] == "measured"


def test_rows_stand_on_a_line_each_so_that_two_runs_diff_well(rich):
    rows = [line for line in "".join(chunks(rich, {})).splitlines() if line.startswith('{"')]
    expected = len(rich.calls) + len(rich.tests) + len(rich.features) + len(rich.findings) + len(rich.prompts)
    assert len(rows) == expected + len(rich.comparison.features) + len(rich.comparison.gate)


def test_the_text_is_made_piece_by_piece(rich):
    many = replace(rich, calls=rich.calls * 1000)
    pieces = list(islice(chunks(many, {}), 100))
    assert max(map(len, pieces)) < 2000
    assert len(list(chunks(many, {}))) > len(many.calls)


def test_the_same_report_always_gives_the_same_text(report, declared):
    assert "".join(chunks(report, declared)) == "".join(chunks(report, declared))


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("1E+3", "1000"), ("1E-12", "0.000000000001"), ("3238.50", "3238.50"), ("12", "12")],
)
def test_money_is_a_decimal_string_without_an_exponent(rich, amount, text):
    call = replace(rich.calls[0], cost=Cost(Decimal(amount), "told"))
    assert written(replace(rich, calls=(call,)))["calls"][0]["cost_usd"] == text


def test_an_unknown_cost_is_null_and_never_0(rich):
    assert written(rich)["calls"][3]["cost_usd"] is None
    assert written(rich)["features"][2]["monthly_usd"]["measured"] is None


def test_what_a_provider_does_not_count_is_absent(rich):
    assert written(rich)["calls"][2]["usage"] == {"input_tokens": 12_450, "output_tokens": 610}
    assert written(rich)["calls"][0]["usage"]["reasoning_tokens"] == 0


def test_segments_add_up_to_the_input(rich):
    for call in written(rich)["calls"]:
        assert sum(call["segments"].values()) == call["usage"]["input_tokens"]


def test_a_segment_without_tokens_is_absent(rich):
    one = rich.calls[0]
    profile = replace(one.call.profile, blocks=(*one.call.profile.blocks, Block(Segment.TOOLS, "e" * 16, 0)))
    report = replace(rich, calls=(replace(one, call=replace(one.call, profile=profile)),))
    assert written(report)["calls"][0]["segments"] == {"system": 830, "history": 311, "user": 93}


def test_calls_of_many_profiles_each_keep_their_own_figures(rich):
    def numbered(number):
        one = rich.calls[0]
        profile = replace(one.call.profile, usage=Usage(input_tokens=number, output_tokens=1))
        return replace(one, call=replace(one.call, index=number, profile=profile))

    calls = written(replace(rich, calls=tuple(map(numbered, range(9000)))))["calls"]
    assert [call["usage"]["input_tokens"] for call in calls] == list(range(9000))


def test_a_call_says_more_only_where_there_is_more_to_say(rich):
    plain, stale, dear, judge = written(rich)["calls"]
    assert not {"service_tier", "stale_by", "evaluation"} & plain.keys()
    assert stale["stale_by"] == -12
    assert dear["service_tier"] == "priority"
    assert judge["evaluation"] is True


def test_a_call_says_how_it_was_counted_only_where_it_was(kept_run):
    first, stale, *_ = written(kept_run)["calls"]
    plain = replace(kept_run.calls[0].call.profile, counted_tokens=0, reported_tokens=None, reported_for=None)
    one = replace(kept_run.calls[0], call=replace(kept_run.calls[0].call, profile=replace(plain, output_limit=None)))
    (bare,) = written(replace(kept_run, calls=(one,), run=None))["calls"]
    told = {"counted_tokens": 1190, "reported_tokens": 1234, "reported_for": 1190, "output_limit": 400}
    assert first.items() >= (told | {"counted_upper": 1200}).items()
    assert first["tools_called"] == ["f" * 16]
    assert not (told.keys() | {"note"}) & bare.keys()
    assert stale["note"] == "the stream was not read to its end"


def test_what_a_stale_reply_reported_stands_beside_what_it_was_priced_by(kept_run):
    first, stale, *_ = written(kept_run)["calls"]
    assert "recorded" not in first
    assert stale["usage"]["input_tokens"] == 1222
    assert stale["recorded"] == {
        "usage": first["usage"],
        "usage_source": "reported",
        "input_tokens_upper": 1234,
        "reported_for": 1190,
    }


def test_a_prompt_a_block_and_a_piece_are_written_once(kept_run):
    run = written(kept_run)
    assert run["prompts"]["a7" * 32] == [["system", "e" * 16], ["history", "b" * 16], ["user", "c"]]
    assert run["blocks"]["e" * 16] == [800, ["1" * 16, "2" * 16]]
    assert run["blocks"]["b" * 16] == 300
    assert run["pieces"] == {"1" * 16: 500, "2" * 16: 290}
    assert [call.get("blocks", [None])[0] for call in run["calls"]] == [None, None, None, ["system", "e" * 16, 812]]


def test_neither_shapes_nor_spare_tokens_are_written(kept_run):
    one = kept_run.calls[0]
    piece = Piece("3" * 16, 4, "time:0123456789abcdef")
    block = Block(Segment.USER, "4" * 16, 5, (piece,), shape="id:fedcba9876543210", spare=77_777)
    profile = replace(one.call.profile, prompt="new", blocks=(block,))
    text = "".join(
        chunks(replace(kept_run, calls=(replace(one, call=replace(one.call, profile=profile)),), run=None), {})
    )
    assert '"new":[["user","4444444444444444"]]' in text
    assert "0123456789abcdef" not in text
    assert "fedcba9876543210" not in text
    assert "77777" not in text


def test_texts_are_written_only_where_the_run_keeps_them(kept_run):
    assert written(kept_run)["texts"]["c"] == "Where is it?"
    assert "texts" not in written(replace(kept_run, run=replace(kept_run.run, texts={})))


def test_a_saving_is_an_amount_below_0(kept_run):
    comparison = written(kept_run)["comparison"]
    assert [one["monthly_usd"] for one in comparison["features"][1]["causes"]] == ["700.5", "-75.5"]
    assert [one["kind"] for one in comparison["gate"][0]["causes"]] == ["input.system", "output"]


def test_a_comparison_per_run_has_no_monthly_figures(per_run):
    comparison = written(per_run)["comparison"]
    assert comparison["monthly_before_usd"] is None
    assert comparison["monthly_after_usd"] is None
    assert (comparison["run_before_usd"], comparison["run_after_usd"]) == ("0.0502", "0.0551124")


def test_a_lone_surrogate_in_a_node_id_is_escaped(rich, spoiled):
    text = "".join(chunks(spoiled(rich, "caf\u00e9 \udce9\n"), {}))
    assert json.loads(text.encode("utf-8"))["calls"][0]["test"].startswith("caf\u00e9 \udce9\n")
    assert "caf\u00e9" in text


def test_an_empty_run_is_a_run_file_too(rich, no_traffic):
    nothing = Totals(
        calls=0,
        tests=0,
        usage=rich.tests[0].usage,
        cost_usd=Decimal(0),
        spend_usd=Decimal(0),
        network_calls=0,
        network_tests=0,
        unpriced_calls=0,
        by_provenance={},
    )
    empty = replace(no_traffic, calls=(), tests=(), groups=(), totals=nothing)
    assert written(empty)["calls"] == []
    jsonschema.validate(written(empty), RUN)

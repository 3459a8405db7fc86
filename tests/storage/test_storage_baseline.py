"""The baseline file: equal things are written once, and small changes stay small."""

import difflib
import gc
import json
import time
from dataclasses import fields, replace

import pytest

from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.baseline import FORMAT, dumps, loads, read, write


def changed_lines(before, after):
    """The lines with a plus or a minus in the diff that a reviewer sees."""
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in diff if line[0] in "+-" and not line.startswith(("+++", "---"))]


def test_a_field_that_is_new_in_the_core_is_stored_too():
    # These are the fields that the file has a place for; whoever adds one has to give it a place.
    assert {kind.__name__: " ".join(field.name for field in fields(kind)) for kind in (Product, Block, Entry)} == {
        "Product": "provider model operation service_tier",
        "Block": "segment fingerprint tokens pieces shape spare",
        "Entry": "calls features weight",
    }
    kept = [field.name for field in fields(Profile) if field.name != "output_tokens_upper"]  # of this run only
    assert " ".join(kept) == (
        "product usage usage_source input_tokens_upper prompt blocks counted_tokens reported_tokens reported_for"
        " output_limit"
    )
    assert " ".join(field.name for field in fields(Header)) == (
        "plugin_version commit requests_per_month scenarios overheads production models price_book prices_as_of"
        " estimator prompts"
    )


def test_a_baseline_with_every_kind_of_entry_makes_the_trip(baseline):
    assert loads(dumps(baseline), source=baseline.source) == baseline


def test_what_production_does_is_a_row_for_each_feature_with_its_keys_in_order(baseline):
    assert (
        '"production": [\n'
        '["chat",{"routing":{"z":"0.5","a":"0.25"},"turns_per_session":"10"}],\n'
        '["search",{"sample":"session"}],\n[]\n]'
    ) in dumps(baseline)


def test_a_file_without_header_changes_reads_line_by_line(entry, profile):
    text = dumps(Baseline(tests={"test_a": entry(profile())}))

    assert text == (
        "{\n"
        '"format": "pytest-llmcost/baseline",\n'
        '"version": 1,\n'
        '"header": {\n'
        '"plugin_version": "",\n'
        '"commit": null,\n'
        '"price_book": "",\n'
        '"prices_as_of": "",\n'
        '"estimator": "",\n'
        '"requests_per_month": [\n[]\n],\n'
        '"scenarios": [\n[]\n],\n'
        '"overheads": [\n[]\n],\n'
        '"models": [\n[]\n]\n'
        "},\n"
        '"accepted": [\n[]\n],\n'
        '"pieces": [\n["system-1-top",300],\n["system-end",200],\n[]\n],\n'
        '"blocks": [\n["system-1",500,["system-1-top","system-end"]],\n["user-0",200],\n[]\n],\n'
        '"calls": [\n'
        '["e0aa80ac43",{"provider":"openai","model":"gpt-4o-mini"},'
        '{"input_tokens":700,"output_tokens":40,"cache_read_tokens":0},"reported",700,"prompt-system-1-0",'
        '[["system","system-1"],["user","user-0"]],699,700,699,400],\n'
        "[]\n],\n"
        '"tests": [\n["test_a","1","chat",["e0aa80ac43"]],\n[]\n]\n'
        "}\n"
    )


def test_equal_profiles_and_blocks_are_written_once_and_shared_in_memory(entry, profile):
    tests = {f"test_{number}": entry(profile(), profile()) for number in range(50)}
    text = dumps(Baseline(tests=tests))
    found = loads(text, source="x")

    assert len(json.loads(text)["calls"]) == 2
    assert len(json.loads(text)["blocks"]) == 3
    assert len(json.loads(text)["pieces"]) == 3
    assert len({id(one) for entry in found.tests.values() for one in entry.calls}) == 1


def test_a_text_that_was_counted_in_two_ways_keeps_both_counts(entry, profile):
    as_message, as_tool = Block(Segment.USER, "same", 7), Block(Segment.TOOLS, "same", 11)
    baseline = Baseline(tests={"test_a": entry(profile(blocks=(as_message, as_tool)))}, source="x")

    assert loads(dumps(baseline), source="x") == baseline


def test_the_text_does_not_depend_on_the_order_in_which_tests_ran(baseline):
    backwards = replace(baseline, tests=dict(reversed(baseline.tests.items())))

    assert dumps(backwards) == dumps(baseline)


def shared(entry, profile, system="system-1", tests=200):
    """A suite whose tests make three calls each, with five profiles between them and one system prompt."""
    five = [profile(number, system=system) for number in range(5)]
    return Baseline(
        tests={
            f"tests/test_{test:03}.py::test_it": entry(*(five[(test + call) % 5] for call in range(3)))
            for test in range(tests)
        }
    )


def test_a_changed_system_prompt_of_two_hundred_tests_touches_fourteen_lines(entry, profile):
    before = dumps(shared(entry, profile))
    after = dumps(shared(entry, profile, system="system-2"), previous=before)

    changed = changed_lines(before, after)
    assert len(changed) == 14
    assert not any("test_it" in line for line in changed)
    assert loads(after, source="") == shared(entry, profile, system="system-2")


def test_without_the_previous_file_every_row_of_a_test_would_change(entry, profile):
    before = dumps(shared(entry, profile))
    after = dumps(shared(entry, profile, system="system-2"))

    assert len(changed_lines(before, after)) > 400


def test_a_new_test_touches_its_own_lines_only(entry, profile):
    baseline = shared(entry, profile)
    before = dumps(baseline)
    grown = replace(baseline, tests={**baseline.tests, "tests/test_zzz.py::test_last": entry(profile(9))})
    after = dumps(grown, previous=before)

    changed = changed_lines(before, after)
    assert [line[0] for line in changed] == ["+", "+", "+"]


def test_a_call_put_before_the_others_leaves_their_rows_alone(entry, profile):
    before = dumps(Baseline(tests={"test_a": entry(profile(0), profile(1), profile(2))}))
    after = dumps(Baseline(tests={"test_a": entry(profile(3), profile(0), profile(1), profile(2))}), previous=before)

    # One block, one call, and the test.
    assert len(changed_lines(before, after)) == 4


def test_the_profile_that_most_tests_moved_to_keeps_the_id(entry, profile):
    before = dumps(Baseline(tests={f"test_{number}": entry(profile(0)) for number in range(20)}))
    moved = {f"test_{number}": entry(profile(1)) for number in range(19)} | {"test_19": entry(profile(0))}
    after = dumps(Baseline(tests=moved), previous=before)

    assert sum("test_" in line for line in changed_lines(before, after)) == 2


def test_a_profile_that_one_test_left_keeps_its_id_for_the_other(entry, profile):
    before = dumps(Baseline(tests={"test_a": entry(profile(0)), "test_b": entry(profile(0))}))
    after = dumps(Baseline(tests={"test_a": entry(profile(1)), "test_b": entry(profile(0))}), previous=before)

    assert not any("test_b" in line for line in changed_lines(before, after))


@pytest.mark.parametrize("previous", ["", "<<<<<<< ours\n", "{}", "[]", '{"format": "pytest-llmcost/baseline"}'])
def test_a_previous_file_that_cannot_be_read_is_none(baseline, previous):
    assert dumps(baseline, previous=previous) == dumps(baseline)


def test_an_id_that_a_changed_profile_kept_is_not_given_twice(entry, profile):
    first = dumps(Baseline(tests={"test_a": entry(profile(0))}))
    second = dumps(Baseline(tests={"test_a": entry(profile(1))}), previous=first)
    both = Baseline(tests={"test_a": entry(profile(1)), "test_b": entry(profile(0))}, source="x")
    third = dumps(both, previous=second)

    assert loads(third, source="x") == both


def test_text_beyond_ascii_stays_readable_and_lone_surrogates_survive_the_disk(tmp_path, entry, profile):
    path = tmp_path / "llmcost-baseline.json"
    baseline = Baseline(tests={"test_grüße[\ud800]": entry(profile())}, source=str(path))

    write(path, baseline)

    assert "test_grüße" in path.read_text(encoding="utf-8")
    assert read(path) == baseline


def test_writing_keeps_the_ids_of_the_file_that_is_replaced(tmp_path, entry, profile):
    path = tmp_path / "llmcost-baseline.json"
    write(path, shared(entry, profile))
    before = path.read_text(encoding="utf-8")
    write(path, shared(entry, profile, system="system-2"))

    assert len(changed_lines(before, path.read_text(encoding="utf-8"))) == 14


def test_writing_leaves_one_file_with_unix_line_ends_and_the_permissions_it_had(tmp_path, baseline):
    path = tmp_path / "llmcost-baseline.json"
    path.write_text("old")
    path.chmod(0o640)

    write(path, baseline)

    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert b"\r" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640


def test_writing_through_a_link_keeps_the_link(tmp_path, baseline):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")

    write(tmp_path / "link.json", baseline)

    assert (tmp_path / "link.json").is_symlink()
    assert FORMAT in (tmp_path / "real.json").read_text()


def test_a_baseline_that_cannot_be_written_is_one_sentence(tmp_path, baseline):
    with pytest.raises(BaselineError, match=r"cannot be written \(is a directory\): set another `baseline`"):
        write(tmp_path, baseline)


def test_reading_leaves_the_collector_as_it_was(baseline):
    text = dumps(baseline)
    gc.disable()
    try:
        loads(text, source="")
        assert not gc.isenabled()
    finally:
        gc.enable()
    loads(text, source="")
    assert gc.isenabled()


def test_ten_thousand_tests_are_read_in_half_a_second(entry, profile):
    suite = shared(entry, profile, tests=10_000)
    text = dumps(suite)

    fastest = min(timed(lambda: loads(text, source="")) for _ in range(3))

    assert fastest < 0.5


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start

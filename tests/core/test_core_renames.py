from dataclasses import replace

from core_values import OTHER, TEST, baseline, block, call, profile, ran, report, run, settings

from pytest_llmcost.core.prompt import Segment, frame_name
from pytest_llmcost.core.renames import renamed, renames
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.run import TestOutcome

NEW = "tests/test_chat.py::test_new_name"
FILE = frozenset({"tests/test_chat.py"})


def asked(question, prompt, tokens=1_000, output=100, segment=Segment.USER):
    own = (block(Segment.SYSTEM, 10, f"system of {prompt}"), block(segment, 20, question))
    return profile(tokens, output, prompt=prompt, blocks=own)


def found(known, *calls, **changes):
    return renames(run(*calls, **({"searched": FILE} | changes)), baseline(known))


def test_a_test_with_the_same_prompts_is_the_same_test():
    one = asked("q", "p")
    same = replace(one, reported_tokens=7, blocks=())
    assert found({TEST: [one]}, call(same, test=NEW)) == ((TEST, NEW),)


def test_a_test_with_the_same_question_under_another_system_prompt_is_the_same_test():
    for segment in (Segment.USER, Segment.HISTORY, Segment.MEDIA):
        before, after = asked("q", "p", 1, segment=segment), asked("q", "other", 2, segment=segment)
        assert found({TEST: [before]}, call(after, test=NEW)) == ((TEST, NEW),)


def test_a_test_that_asks_more_often_is_told_by_its_first_question():
    again = [call(asked("q", f"other {n}", n), test=NEW, index=n) for n in (1, 2)]
    assert found({TEST: [asked("q", "p", 9)]}, *again) == ((TEST, NEW),)


def test_a_test_with_the_same_replies_is_the_same_test():
    assert found({TEST: [asked("q", "p", 7, 8)]}, call(asked("r", "other", 7, 8), test=NEW)) == ((TEST, NEW),)
    assert found({TEST: [asked("q", "p", 7, 8)]}, call(asked("r", "other", 7, 9), test=NEW)) == ()


def test_replies_that_other_tests_have_too_name_no_test():
    """Many tests share one mock, whose usage is always the same."""
    gone, here = asked("q", "p", 7, 8), asked("s", "t", 7, 8)
    added = call(asked("r", "other", 7, 8), test=NEW)
    assert found({TEST: [gone], OTHER: [here]}, added, call(here, test=OTHER)) == ()
    assert found({TEST: [gone]}, added, call(asked("u", "v", 7, 8), test=OTHER)) == ()


def test_what_frames_every_request_is_no_question():
    frame = block(Segment.USER, 3, frame_name("0" * 16))
    before, after = (profile(n, prompt=str(n), blocks=(block(Segment.SYSTEM, n, str(n)), frame)) for n in (10, 20))
    assert found({TEST: [before]}, call(after, test=NEW)) == ()


def test_what_is_unlike_or_says_nothing_is_no_rename():
    silent = replace(profile(prompt="p", blocks=()), reported_tokens=None)
    assert found({TEST: [silent]}, call(replace(silent, prompt="other"), test=NEW)) == ()


def test_the_prompt_counts_before_the_question_and_that_before_the_reply():
    known = {TEST: [asked("q", "p", 1)], OTHER: [asked("r", "o", 2)]}
    calls = [call(asked("q", "o", 3), test="tests/test_chat.py::x"), call(asked("r", "p", 4), test=NEW)]
    assert found(known, *calls) == ((TEST, NEW), (OTHER, "tests/test_chat.py::x"))


def test_tests_that_are_alike_are_paired_in_the_order_of_their_names():
    known = {OTHER: [asked("q", "p")], TEST: [asked("q", "p")]}
    names = [f"tests/test_chat.py::{letter}" for letter in "zyx"]
    calls = [call(asked("q", "p"), test=name) for name in names]
    assert found(known, *calls) == ((TEST, names[2]), (OTHER, names[1]))


def test_only_what_is_gone_can_be_new():
    one = asked("q", "p")
    both = [call(one), call(one, test=NEW)]
    assert found({TEST: [one]}, *both) == ()
    assert found({TEST: [one]}, call(one, test=NEW), searched=frozenset()) == ()
    assert found({TEST: [one]}, call(one, test=NEW), missing=frozenset({TEST})) == ()
    failed = [ran(TEST, TestOutcome.FAILED), ran(NEW)]
    assert found({TEST: [one]}, call(one, test=NEW), tests=failed) == ()
    assert found({TEST: [one]}, call(one, test=NEW), tests=[ran(NEW, TestOutcome.FAILED)]) == ()


def test_a_renamed_test_is_settled_and_compared_with_its_old_self():
    """Its recorded reply is older than its longer prompt: that is told as ever, and costs as ever."""
    old = asked("q", "p")
    longer = (block(Segment.SYSTEM, 510, "longer"), *old.blocks[1:])
    now = replace(old, prompt="longer", blocks=longer, counted_tokens=1_500)
    of = run(call(now, test=NEW), searched=FILE)
    known = baseline({TEST: [old]})
    got = report(of, against=known)
    comparison = got.comparison
    assert got.calls[0].call.stale_by == 500
    assert comparison.renamed == ((TEST, NEW),)
    assert (comparison.added, comparison.removed) == ((), ())
    (cause,) = comparison.features[0].causes
    assert (cause.kind, cause.monthly_usd, cause.test) == ("input.system", 1_250, NEW)
    assert comparison.gate_total() == (3_500, 4_750)
    assert list(renew(known, of, got, settings(), estimator="e1").tests) == [NEW]


def test_a_baseline_keeps_the_entries_of_renamed_tests():
    known = baseline({TEST: [asked("q", "p")], OTHER: [asked("r", "o")]})
    other = renamed(known, ((TEST, NEW),))
    assert dict(other.tests) == {NEW: known.tests[TEST], OTHER: known.tests[OTHER]}
    assert other.header == known.header
    assert renamed(known, ()) is known

"""What stands in the place of an SDK is told once for each target, with its tests."""

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.replaced import replaced


def test_a_target_is_one_notice_however_many_tests_replace_it():
    pairs = [(f"test_it.py::test_{n}", "openai.OpenAI") for n in (4, 1, 2, 3, 1)]
    (found,) = replaced([*pairs, (None, "openai.OpenAI")])
    assert (found.rule, found.severity, found.subject) == ("replaced", Severity.NOTICE, "openai.OpenAI")
    assert found.location == "test_it.py::test_1"
    assert found.message.startswith("`test_it.py::test_1`, `test_it.py::test_2`, `test_it.py::test_3` and 1 more ")


def test_what_a_shared_fixture_replaces_has_no_test():
    first, second = replaced([(None, "openai.OpenAI"), ("test_it.py::test_it", "groq.Groq")])
    assert (first.subject, second.subject) == ("groq.Groq", "openai.OpenAI")
    assert second.location is None
    assert second.message.startswith("a shared fixture replaced `openai.OpenAI`")


def test_nothing_replaced_is_nothing_told():
    assert list(replaced([])) == []

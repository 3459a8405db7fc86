"""Mocks are what they were: Python's own tests of unittest.mock pass and fail the same with us beside them."""

import importlib.util
import re

import pytest

PLACES = ("unittest.test.testmock", "test.test_unittest.testmock")


def _place():
    """Return where this Python keeps the tests of its mocks; None where it has come without."""
    for name in PLACES:
        try:
            if importlib.util.find_spec(name) is not None:
                return name
        except ModuleNotFoundError:
            continue
    return None


def test_the_tests_of_unittest_mock_itself_do_not_see_us(project):
    place = _place()
    if place is None:
        pytest.skip("this Python has no tests of its own")
    options = ("--pyargs", place, "-o", "python_files=test*.py", "-W", "ignore")
    without = project.run(*options)
    ran = project.cost(*options)
    counts = [re.findall(r"\d+ (?:passed|failed|error|skipped)\w*", one.lines[-1]) for one in (without, ran)]
    assert counts[0] == counts[1]
    assert int(counts[0][0].split()[0]) > 400
    assert ran.rules() == []
    assert ran.json["calls"] == []

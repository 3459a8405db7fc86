"""Which tests are samples of a feature, and what they weigh."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""


def _run(project, source, *arguments, toml=CHAT):
    project.configure(toml)
    project.write("test_chat.py", source)
    return project.cost(*arguments)


def test_only_tests_that_did_what_they_should_are_samples(project):
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        def test_passed():
            ask()

        def test_failed():
            ask()
            assert False

        def test_skipped():
            ask()
            pytest.skip("not today")

        @pytest.mark.xfail
        def test_xfailed():
            ask()
            assert False

        @pytest.mark.xfail
        def test_xpassed():
            ask()

        def test_fails_in_teardown(request):
            request.addfinalizer(lambda: 1 / 0)
            ask()

        @pytest.mark.llmcost(max_calls=0)
        def test_breaks_a_limit():
            ask()

        def test_makes_no_call():
            pass
        """,
    )
    outcomes = {one["test"].partition("::test_")[2]: one["outcome"] for one in ran.json["tests"]}
    assert outcomes == {
        "passed": "passed",
        "failed": "failed",
        "skipped": "skipped",
        "xfailed": "xfailed",
        "xpassed": "passed",
        "fails_in_teardown": "failed",
        "breaks_a_limit": "limit",
    }
    assert ran.samples() == {"chat": 3}
    assert ran.feature("chat")["monthly_usd"]["measured"] == "0.024"
    assert ran.groups() == {"not a sample": 4}
    assert ran.json["totals"]["calls"] == 7
    assert ran.status == 1


def test_a_failure_in_setup_is_no_sample_and_its_calls_are_listed(project):
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        @pytest.fixture
        def broken():
            ask()
            raise ValueError

        def test_it(broken):
            ask()

        def test_good():
            ask()
        """,
    )
    assert (ran.samples(), ran.groups()) == ({"chat": 1}, {"not a sample": 1})


def test_a_skipped_subtest_skips_no_sample_and_a_failed_one_does(project):
    pytest.importorskip("_pytest.subtests")  # part of pytest since version 9
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        def test_some_skipped(subtests):
            for number in range(3):
                with subtests.test(number=number):
                    ask()
                    if number == 1:
                        pytest.skip("not this one")

        def test_some_failed(subtests):
            for number in range(3):
                with subtests.test(number=number):
                    ask()
                    assert number != 1
        """,
    )
    assert (ran.samples(), ran.groups()) == ({"chat": 1}, {"not a sample": 3})


def test_samples_are_averaged_by_weight(project):
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        @pytest.mark.llmcost(weight=3)
        def test_usual():
            ask(usage=(100, 0))

        def test_rare():
            ask(usage=(500, 0))

        @pytest.mark.llmcost(weight=0)
        def test_of_no_weight():
            ask(usage=(900000, 0))
        """,
    )
    assert ran.samples() == {"chat": 3}
    assert ran.feature("chat")["input_tokens"] == 200  # (3 x 100 + 500) / 4
    assert ran.feature("chat")["monthly_usd"]["measured"] == "0.2"


def test_each_set_of_parameters_is_a_sample(project):
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        @pytest.mark.parametrize("size", [100, 200, 300])
        def test_it(size):
            ask(usage=(size, 0))

        @pytest.mark.parametrize("size", [pytest.param(500, marks=pytest.mark.llmcost(feature="other")), 600])
        def test_marked(size):
            ask(usage=(size, 0))
        """,
        toml=f"{CHAT}\n[tool.llmcost.features.other]\nrequests_per_month = 1",
    )
    assert ran.samples() == {"chat": 4, "other": 1}
    assert ran.feature("chat")["input_tokens"] == 300
    assert ran.feature("other")["input_tokens"] == 500


def test_a_refused_call_costs_nothing(project):
    ran = _run(
        project,
        """
        from app import ask

        def test_retries():
            assert ask(status=429).status_code == 429
            ask()
        """,
    )
    assert [one["outcome"] for one in ran.json["calls"]] == ["refused", "ok"]
    assert ran.json["calls"][0]["cost_usd"] == "0"
    assert ran.feature("chat")["monthly_usd"]["measured"] == "0.024"
    assert ran.status == 0


def test_unittest_cases_and_async_helpers_are_samples_too(project):
    ran = _run(
        project,
        """
        import asyncio, threading, unittest
        from app import ask

        class TestIt(unittest.TestCase):
            def setUp(self):
                ask()

            def test_case(self):
                ask()

        def test_in_a_thread():
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()

        def test_in_a_loop():
            async def both():
                await asyncio.gather(asyncio.to_thread(ask), asyncio.to_thread(ask))
            asyncio.run(both())
        """,
    )
    assert {one["test"].rpartition("::")[2]: one["calls"] for one in ran.json["tests"]} == {
        "test_case": 2,
        "test_in_a_loop": 2,
        "test_in_a_thread": 1,
    }
    assert ran.samples() == {"chat": 3}

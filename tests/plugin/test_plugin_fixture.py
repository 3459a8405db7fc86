"""The `llmcost` fixture: what a test can ask about its own calls, declare, and limit."""

import pytest

FIXTURE = """
    from decimal import Decimal

    import pytest
    from app import ask

    def test_calls_usage_and_cost(llmcost):
        assert (llmcost.calls, llmcost.cost) == ((), 0)
        assert llmcost.usage.input_tokens == 0
        ask(usage=(100, 10))
        ask(usage=(300, 30))
        assert [call.profile.usage.input_tokens for call in llmcost.calls] == [100, 300]
        assert [call.index for call in llmcost.calls] == [0, 1]
        assert (llmcost.usage.input_tokens, llmcost.usage.output_tokens) == (400, 40)
        assert llmcost.cost == Decimal("0.00048")

    def test_the_cost_is_unknown_while_a_call_has_no_price(llmcost):
        ask(model="acme-9")
        assert llmcost.cost is None

    def test_a_call_that_no_wire_shows_is_told(llmcost):
        llmcost.record(provider="openai", model="gpt-4", input_tokens=1000, output_tokens=100, cache_read_tokens=500)
        assert llmcost.cost is not None and llmcost.cost > 0
        assert llmcost.usage.cache_read_tokens == 500

    @pytest.mark.parametrize(
        "wrong",
        [{"input_tokens": -1}, {"cache_read_tokens": 11}, {"output_tokens": "5"}, {"output_tokens": .5}, {"model": ""}],
    )
    def test_a_call_that_cannot_be_is_refused(llmcost, wrong):
        with pytest.raises(ValueError):
            llmcost.record(**{"provider": "openai", "model": "gpt-4", "input_tokens": 10, "output_tokens": 1, **wrong})

    def test_a_block_has_limits_of_its_own(llmcost):
        ask(), ask()
        with llmcost.limit(max_calls=1):
            ask()
        with pytest.raises(pytest.fail.Exception, match="max_calls=1, but 2 calls"):
            with llmcost.limit(max_calls=1):
                ask(), ask()

    def test_a_failure_in_the_block_is_the_failure(llmcost):
        with pytest.raises(ZeroDivisionError):
            with llmcost.limit(max_calls=0):
                ask()
                1 / 0

    def test_an_unknown_limit_is_refused(llmcost):
        with pytest.raises(pytest.UsageError, match="max_tokens"):
            with llmcost.limit(max_tokens=1):
                pass

    @pytest.mark.parametrize("number", [1, 2])
    def test_each_test_sees_its_own_calls_only(llmcost, number):
        ask()
        assert len(llmcost.calls) == 1
"""


@pytest.mark.parametrize("options", [(), ("--llmcost", "-n", "2"), ("-n", "2")])
def test_the_fixture_answers_questions_about_this_test(project, options):
    project.write("test_it.py", FIXTURE)
    ran = project.run(*options)
    assert ran.line("13 passed")
    if "--llmcost" in options:
        # pytest.raises() caught the broken limit, so its test passed: it is no finding of the run.
        assert ran.json["totals"]["calls"] == 12
    else:
        assert not ran.has("LLM cost")
        assert not ran.has("llmcost:")


def test_a_broken_limit_of_a_block_fails_the_test_in_one_line_without_the_option(project):
    project.write(
        "test_it.py",
        """
        from app import ask

        def test_it(llmcost):
            with llmcost.limit(max_cost=0.00001):
                ask(usage=(100, 10))
        """,
    )
    ran = project.run("-q")
    assert ran.lines.count("llmcost: max_cost=$0.000010, but $0.00012 at app.py:31") == 1
    assert sum("cost" in line for line in ran.lines) == 2
    assert ran.status == 1


def test_the_fixture_can_be_asked_for_by_name_while_a_test_runs(project):
    project.write(
        "test_it.py",
        """
        from app import ask

        def test_it(request):
            llmcost = request.getfixturevalue("llmcost")
            ask()
            assert len(llmcost.calls) == 1

        def test_another(request):
            with request.getfixturevalue("llmcost").limit(max_calls=0):
                ask()
        """,
    )
    ran = project.run("-rN")
    assert ran.line("1 failed, 1 passed")
    assert ran.lines.count("llmcost: max_calls=0, but 1 call at app.py:31") == 1


def test_a_recorded_call_is_part_of_the_report(project):
    project.configure("[tool.llmcost.features.chat]\ntests = ['test_it.py']\nrequests_per_month = 1000")
    project.write(
        "test_it.py",
        """
        def test_it(llmcost):
            llmcost.record(provider="openai", model="gpt-4", input_tokens=20, output_tokens=2)
        """,
    )
    ran = project.cost()
    assert ran.json["calls"][0]["origin"] == "recorded"
    assert ran.json["calls"][0]["usage_source"] == "declared"
    assert ran.feature("chat")["monthly_usd"]["measured"] == "0.024"

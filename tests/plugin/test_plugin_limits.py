"""Limits of one test: by its marker and by `llmcost.limit()`; they hold without `--llmcost` too."""

import pytest

BOTH = pytest.mark.parametrize("options", [(), ("--llmcost",)], ids=["alone", "with --llmcost"])

MARKED = """
    import pytest
    from app import ask

    @pytest.mark.llmcost({marker})
    def test_it():
        ask(usage=(100, 10))
        ask(usage=(300, 30))
"""
# Together $0.00048; the second call is the larger one.


BROKEN = {
    "max_cost=0.00047": "llmcost: max_cost=$0.00047, but $0.00048 at app.py:31",
    "max_input_tokens=299": "llmcost: max_input_tokens=299, but 300 tokens at app.py:31",
    "max_output_tokens=29": "llmcost: max_output_tokens=29, but 30 tokens at app.py:31",
    "max_calls=1": "llmcost: max_calls=1, but 2 calls at app.py:31",
    "max_calls=0": "llmcost: max_calls=0, but 2 calls at app.py:31",
}


@BOTH
def test_a_broken_limit_fails_its_test_in_one_line(project, options):
    for number, marker in enumerate(BROKEN):
        project.write(f"test_{number}.py", MARKED.format(marker=marker))
    ran = project.run(*options, "-rN", "--tb=short")
    assert ran.status == 1
    assert [ran.lines.count(line) for line in BROKEN.values()] == [1, 1, 1, 1, 1]
    assert ran.line("5 failed")
    assert not ran.has("All traceback entries are hidden")
    assert not ran.has("Traceback")
    assert not ran.has("reading.py")


@BOTH
def test_a_limit_that_is_met_exactly_holds(project, options):
    limits = "max_cost=0.00048, max_input_tokens=300, max_output_tokens=30, max_calls=2"
    project.write("test_it.py", MARKED.format(marker=limits))
    assert project.run(*options).status == 0


def test_without_the_option_nothing_but_the_broken_limit_is_printed(project):
    project.write("test_it.py", MARKED.format(marker="max_calls=1"))
    ran = project.run("-q")
    assert ran.lines[2:5] == [
        "___________________________________ test_it ____________________________________",
        "llmcost: max_calls=1, but 2 calls at app.py:31",
        "=========================== short test summary info ============================",
    ]
    assert sum("cost" in line for line in ran.lines) == 2


def test_with_the_option_the_broken_limit_is_a_finding_and_the_test_a_sample(project):
    project.configure("[tool.llmcost.features.chat]\ntests = ['test_it.py']\nrequests_per_month = 1000")
    project.write("test_it.py", MARKED.format(marker="max_calls=1"))
    ran = project.cost()
    assert ran.finding("limit.max_calls") == {
        "severity": "error",
        "subject": "test_it.py::test_it",
        "limit": "1",
        "actual": "2 calls",
        "message": "llmcost: max_calls=1, but 2 calls at app.py:31",
        "location": "app.py:31",
    }
    assert ran.samples() == {"chat": 1}
    assert ran.json["tests"][0]["outcome"] == "limit"


def test_all_broken_limits_share_the_line(project):
    project.write("test_it.py", MARKED.format(marker="max_calls=1, max_output_tokens=5"))
    line = project.run("-rN").line("max_calls=1")
    assert "max_output_tokens=5, but 30 tokens" in line


def test_a_call_without_a_price_breaks_a_limit_of_dollars(project):
    project.write(
        "test_it.py",
        "import pytest\nfrom app import ask\n@pytest.mark.llmcost(max_cost=5)\ndef test_it(): ask(model='acme-9')",
    )
    ran = project.run("-rN")
    assert ran.status == 1
    assert "a call without a price" in ran.line("max_cost=$5.00")


def test_markers_merge_outward_and_the_nearest_wins(project):
    project.write(
        "test_it.py",
        """
        import pytest
        from app import ask

        pytestmark = pytest.mark.llmcost(max_calls=1, feature="chat")

        @pytest.mark.llmcost(max_calls=2)
        class TestWider:
            def test_two(self):
                ask(), ask()

            @pytest.mark.llmcost(weight=3, max_calls=None)
            def test_three(self):
                ask(), ask(), ask()

        def test_one_too_many():
            ask(), ask()
        """,
    )
    project.configure("[tool.llmcost.features.chat]\nrequests_per_month = 1000")
    ran = project.cost("-rN")
    assert ran.line("1 failed, 2 passed")
    assert ran.line("FAILURES", "=")
    assert any(line.startswith("llmcost: max_calls=1, but 2 calls") for line in ran.lines)
    assert ran.samples() == {"chat": 3}
    assert {one["test"]: one["weight"] for one in ran.json["tests"]}["test_it.py::TestWider::test_three"] == 3


def test_evaluation_and_excluded_calls_break_no_limit(project):
    project.write(
        "test_it.py",
        """
        import pytest
        from app import ask

        @pytest.mark.llmcost(max_calls=1)
        def test_it(llmcost):
            ask()
            with llmcost.exclude():
                ask()
        """,
    )
    assert project.run().status == 0


def test_calls_of_setup_and_function_fixtures_count(project):
    project.write(
        "test_it.py",
        """
        import pytest
        from app import ask

        @pytest.fixture
        def primed():
            ask()

        @pytest.mark.llmcost(max_calls=1)
        def test_it(primed):
            ask()
        """,
    )
    assert project.run().status == 1


def test_a_limit_that_an_xfail_expects_fails_nothing(project):
    project.write(
        "test_it.py",
        """
        import pytest
        from app import ask

        @pytest.mark.xfail(reason="too dear for now")
        @pytest.mark.llmcost(max_calls=0)
        def test_it():
            ask()
        """,
    )
    ran = project.cost()
    assert ran.line("1 xfailed")
    assert (ran.status, ran.json["verdict"], ran.rules()) == (0, "pass", [])


@BOTH
def test_a_limit_holds_for_a_stream_that_the_test_leaves_open(project, options):
    project.write(
        "test_it.py",
        """
        import httpx
        import pytest

        def answer(request):
            return httpx.Response(200, content=iter([b'data: {"choices": []}\\n\\n'] * 3))

        client = httpx.Client(transport=httpx.MockTransport(answer))
        BODY = {"model": "gpt-4", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}

        @pytest.mark.llmcost(max_calls=0)
        def test_open():
            request = client.build_request("POST", "https://api.openai.com/v1/chat/completions", json=BODY)
            next(client.send(request, stream=True).iter_raw())

        def test_open_in_a_block(llmcost):
            request = client.build_request("POST", "https://api.openai.com/v1/chat/completions", json=BODY)
            earlier = client.send(request, stream=True)
            with llmcost.limit(max_calls=1):
                client.send(request, stream=True)
            with llmcost.limit(max_input_tokens=0):
                client.send(request, stream=True)
        """,
    )
    ran = project.run(*options, "-W", "ignore")
    assert ran.status == 1
    assert ran.lines.count("llmcost: max_calls=0, but 1 call at test_it.py:14") == 1
    assert ran.lines.count("llmcost: max_input_tokens=0, but 8 tokens at test_it.py:22") == 1
    assert ran.line("2 failed")

"""`--llmcost-max-spend`: a real server on this machine counts what reaches it."""

import pytest

MODES = pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])

MANY = """
    import pytest
    from app import ask

    @pytest.mark.parametrize("number", range(10))
    def test_it(number):
        ask()
"""


def test_nothing_is_sent_after_the_call_that_reaches_the_limit(project, server):
    project.write("test_it.py", MANY)
    ran = project.cost("--llmcost-max-spend=0.30")
    assert server.requests == 3
    assert ran.line("8 failed, 3 passed")  # seven tests and the verdict
    assert ran.status == 1
    assert ran.json["totals"]["spend_usd"] == "0.3"
    assert ran.json["totals"]["calls"] == 3
    finding = ran.finding("spend")
    assert (finding["severity"], finding["limit"]) == ("error", "$0.30")
    assert "this run has reached $0.30" in finding["message"]
    assert ran.has("SpendLimitReached: --llmcost-max-spend: this run has spent $0.30 of $0.30")


def test_a_limit_between_two_calls_stops_after_the_one_that_crosses_it(project, server):
    project.write("test_it.py", MANY)
    project.cost("--llmcost-max-spend=0.31")
    assert server.requests == 4


def test_workers_share_one_limit(project, server):
    project.write("test_it.py", MANY)
    ran = project.cost("--llmcost-max-spend=0.30", "-n", "2")
    assert 3 <= server.requests <= 4  # one may be on its way while the other worker's reaches the limit
    assert ran.json["totals"]["calls"] == server.requests
    assert ran.json["totals"]["spend_usd"] == f"0.{server.requests}"
    assert ran.finding("spend")["severity"] == "error"
    assert ran.status == 1


def test_without_a_limit_everything_is_sent_and_counted_as_spend(project, server):
    project.configure("[tool.llmcost.budget]\nrun_usd = 1")
    project.write("test_it.py", MANY)
    ran = project.cost()
    assert (server.requests, ran.json["totals"]["spend_usd"]) == (10, "1")
    assert ran.has("real spend $1.00")
    assert (ran.status, ran.rules("error")) == (0, [])
    project.configure("[tool.llmcost.budget]\nrun_usd = 0.99")
    assert project.cost().rules("error") == ["budget.run_usd"]


def test_a_limit_of_nothing_lets_nothing_through(project, server):
    project.write("test_it.py", MANY)
    ran = project.cost("--llmcost-max-spend=0")
    assert server.requests == 0
    assert ran.line("11 failed")


def test_except_exception_does_not_swallow_the_refusal(project, server):
    project.write(
        "test_it.py",
        """
        import asyncio
        import pytest
        from app import ask

        def test_stubborn():
            for _ in range(20):
                try:
                    ask()
                except Exception:
                    pass

        def test_stubborn_in_a_loop():
            async def main():
                for _ in range(20):
                    try:
                        ask()
                    except Exception:
                        pass
            asyncio.run(main())
        """,
    )
    ran = project.cost("--llmcost-max-spend=0.20")
    assert server.requests == 2
    assert ran.line("3 failed")


def test_after_a_call_without_a_price_nothing_more_is_sent(project, server):
    project.write(
        "test_it.py",
        """
        from app import ask

        def test_unpriced():
            ask("acme-9")

        def test_next():
            ask()
        """,
    )
    for mode in ((), ("-n", "1")):
        before = server.requests
        ran = project.cost("--llmcost-max-spend=100", *mode)
        assert server.requests == before + 1
        assert ran.line("2 failed, 1 passed")
        assert "a call without a price was made" in ran.finding("spend")["message"]


def test_replayed_calls_spend_nothing(project):
    project.write("test_it.py", "from app import ask\ndef test_it():\n    for _ in range(9): ask(usage=(10**6, 0))")
    ran = project.cost("--llmcost-max-spend=0.01")
    assert (ran.status, ran.rules("error"), ran.json["totals"]["spend_usd"]) == (0, [], "0")


def test_calls_of_setup_and_of_threads_are_refused_too(project, server):
    project.write(
        "test_it.py",
        """
        import threading
        import pytest
        from app import ask

        @pytest.fixture(scope="session")
        def index():
            ask()

        def test_it(index):
            threads = [threading.Thread(target=ask) for _ in range(5)]
            for thread in threads:
                thread.start()
                thread.join()
        """,
    )
    project.cost("--llmcost-max-spend=0.30", "-p", "no:threadexception")
    assert server.requests == 3


def test_a_stream_is_counted_when_it_ends(project, server):
    project.write(
        "test_it.py",
        """
        from app import client, URL

        def test_it():
            for _ in range(5):
                body = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hello"}]}
                with client.stream("POST", URL, json=body) as response:
                    response.read()
        """,
    )
    project.cost("--llmcost-max-spend=0.20")
    assert server.requests == 2


def test_no_counter_is_left_behind(project, server, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    project.write("test_it.py", MANY)
    project.cost("--llmcost-max-spend=0.30", "-n", "2")
    project.cost("--llmcost-max-spend=0.30", "--collect-only")
    assert not list(tmp_path.glob("llmcost-spend-*"))

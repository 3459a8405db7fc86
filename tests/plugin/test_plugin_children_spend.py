"""`--llmcost-max-spend` with `subprocesses = true`: processes that tests start count into one counter, and refuse."""

import os
import time

import pytest

ON = """
    [tool.llmcost]
    subprocesses = true
"""
STUBBORN = """
    from app import ask

    for _ in range(10):
        try:
            ask()
        except Exception:
            pass
"""
STARTING = """
    import subprocess, sys
    import pytest

    @pytest.mark.parametrize("number", range(4))
    def test_it(number):
        subprocess.run([sys.executable, "stubborn.py"])
"""


@pytest.fixture
def children(project, server):
    project.configure(ON)
    project.write("stubborn.py", STUBBORN)
    return project


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_new_processes_share_the_counter_and_refuse(children, server, mode):
    children.write("test_it.py", STARTING)
    ran = children.cost("--llmcost-max-spend=0.30", *mode)
    assert 3 <= server.requests <= 3 + len(mode) // 2  # one may be on its way in the other worker's
    assert (ran.json["totals"]["calls"], ran.json["totals"]["spend_usd"]) == (server.requests, f"0.{server.requests}")
    finding = ran.finding("spend")
    assert (finding["severity"], finding["limit"]) == ("error", "$0.30")
    assert "this run has reached $0.30" in finding["message"]
    assert "internal" not in ran.rules()
    assert ran.status == 1


def test_what_a_process_was_refused_it_is_told_and_no_exception_swallows_it(children, server):
    children.write(
        "test_it.py",
        """
        import subprocess, sys

        def test_it():
            done = subprocess.run([sys.executable, "stubborn.py"], capture_output=True, text=True)
            assert done.returncode == 1
            assert "SpendLimitReached: --llmcost-max-spend: this run has spent $0.20 of $0.20" in done.stderr
        """,
    )
    assert children.cost("--llmcost-max-spend=0.20").line("1 failed, 1 passed")  # the verdict
    assert server.requests == 2


def test_what_processes_spend_stops_the_test_that_started_them_and_is_counted_once(children, server):
    children.write(
        "test_it.py",
        """
        import subprocess, sys
        from app import ask

        def test_it():
            for _ in range(5):
                subprocess.run([sys.executable, "-c", "import app; app.ask()"], check=True)
                ask()
        """,
    )
    ran = children.cost("--llmcost-max-spend=0.40")
    assert (server.requests, ran.json["totals"]["spend_usd"]) == (4, "0.4")


def test_a_call_without_a_price_in_a_process_stops_everything(children, server):
    children.write(
        "test_it.py",
        """
        import subprocess, sys
        from app import ask

        def test_it():
            subprocess.run([sys.executable, "-c", "import app; app.ask('acme-9')"], check=True)
            ask()
        """,
    )
    ran = children.cost("--llmcost-max-spend=100")
    assert server.requests == 1
    assert "a call without a price was made" in ran.finding("spend")["message"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_count_and_refuse_too(children, server, method):
    children.write("work.py", "from app import ask\ndef work():\n    for _ in range(3): ask()\n")
    children.write(
        "test_it.py",
        f"""
        import multiprocessing
        from app import ask
        from work import work

        def test_it():
            ask()
            for _ in range(2):
                process = multiprocessing.get_context("{method}").Process(target=work)
                process.start()
                process.join()
        """,
    )
    ran = children.cost("--llmcost-max-spend=0.30")
    assert (server.requests, ran.json["totals"]["spend_usd"]) == (3, "0.3")
    assert ran.finding("spend")


def test_without_the_key_a_process_spends_what_it_likes_as_before(children, server):
    children.configure("")
    children.write("test_it.py", STARTING)
    ran = children.cost("--llmcost-max-spend=0.30")
    assert (server.requests, ran.status) == (40, 0)


def test_a_process_that_outlives_the_run_leaves_no_counter_behind(children, server, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    children.write(
        "late.py",
        """
        import json, os, pathlib, sys, time
        from app import ask

        ask()
        folder = pathlib.Path(json.loads(os.environ["PYTEST_LLMCOST_CHILD"])[0])
        print("ready", flush=True)
        while folder.exists():
            time.sleep(0.01)
        ask()
        pathlib.Path("late.txt").write_text("asked")
        """,
    )
    children.write(
        "test_it.py",
        """
        import subprocess, sys

        def test_it():
            late = subprocess.Popen([sys.executable, "late.py"], stdout=subprocess.PIPE, text=True)
            assert late.stdout.readline() == "ready\\n"
        """,
    )
    ran = children.cost("--llmcost-max-spend=5", "-W", "ignore::ResourceWarning")
    assert ran.json["totals"]["calls"] == 1
    for _ in range(1000):
        if (children.root / "late.txt").exists():
            break
        time.sleep(0.01)
    assert server.requests == 2
    assert not list(tmp_path.glob("llmcost*"))


@pytest.mark.parametrize("limit", [(), ("--llmcost-max-spend=5",)], ids=["unlimited", "limited"])
def test_a_worker_that_dies_loses_the_calls_of_its_test_only_and_leaves_no_folder(
    children, server, monkeypatch, tmp_path, limit
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    children.write(
        "test_it.py",
        """
        import os, subprocess, sys
        import pytest
        from app import ask

        @pytest.mark.parametrize("number", range(4))
        def test_it(number):
            ask()
            subprocess.run([sys.executable, "-c", "import app; app.ask()"], check=True)
            if number == 2:
                os._exit(1)
        """,
    )
    ran = children.cost("-n", "2", *limit)
    assert ran.line("1 failed, 3 passed")
    assert server.requests == 8
    made = [(call["test"], call["index"]) for call in ran.json["calls"]]
    assert sorted(made) == [(f"test_it.py::test_it[{number}]", index) for number in (0, 1, 3) for index in (0, 1)]
    assert ran.json["totals"]["spend_usd"] == "0.6"
    assert ran.finding("lost-worker")["subject"] == "test_it.py::test_it[2]"
    assert not list(tmp_path.glob("llmcost*"))


def test_what_a_lost_worker_has_spent_still_counts_against_the_limit(children, server):
    children.write(
        "test_it.py",
        """
        import os, subprocess, sys
        import pytest
        from app import ask

        def test_dies():
            ask()
            subprocess.run([sys.executable, "-c", "import app; app.ask()"], check=True)
            os._exit(1)

        @pytest.mark.parametrize("number", range(3))
        def test_next(number):
            ask()
        """,
    )
    ran = children.cost("-n", "1", "--llmcost-max-spend=0.30")
    assert server.requests == 3
    assert ran.json["totals"]["calls"] == 1
    assert {"spend", "lost-worker"} <= set(ran.rules())


def test_processes_are_refused_by_the_discounts_and_in_the_currency_of_the_run(children, server):
    # A call of the server is $0.30 at list price, and $0.06 after the discount.
    children.configure(
        f"""{ON}
        prices_as_of = 2026-11-01
        [tool.llmcost.discounts]
        gpt-4o.percent = 80
        [tool.llmcost.currency]
        code = "EUR"
        per_usd = 0.5
        """,
        prices="",
    )
    children.write("stubborn.py", STUBBORN.replace("ask()", 'ask(model="gpt-4o")'))
    children.write(
        "test_it.py",
        """
        import subprocess, sys

        def test_it():
            done = subprocess.run(
                [sys.executable, "stubborn.py"], capture_output=True, text=True, encoding="utf-8",
                env={**__import__("os").environ, "PYTHONIOENCODING": "utf-8"},
            )
            assert "this run has spent €0.060 of €0.050" in done.stderr
        """,
    )
    ran = children.cost("--llmcost-max-spend=0.10")
    assert (server.requests, ran.json["totals"]["spend_usd"]) == (2, "0.12")
    assert ran.finding("spend")["limit"] == "€0.050"
    assert ran.line("1 failed, 1 passed")  # the verdict

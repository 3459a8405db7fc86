"""`subprocesses = true`: calls of processes that tests start, new ones and forks, are those of their test."""

import os

import pytest

ON = """
    [tool.llmcost]
    subprocesses = true
"""
SCRIPT = """
    from app import ask
    ask("from a script", usage=(7, 1))
"""
RUN = """
    import os, signal, subprocess, sys
    from app import ask

    def python(*arguments, **more):
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **more)
"""
SCRIPTED = (
    RUN
    + """
    def test_a():
        ask()
        done = python("script.py", check=True)
        assert (done.stdout, done.stderr) == ("", "")

    def test_b():
        ask()
"""
)


def _calls(ran):
    return [(one["test"].rpartition("::")[2], one["index"], one["usage"]["input_tokens"]) for one in ran.json["calls"]]


@pytest.fixture
def run(project):
    def run(source, *arguments, toml=ON):
        project.configure(toml)
        project.write("script.py", SCRIPT)
        project.write("test_it.py", source)
        ran = project.cost(*arguments)
        assert "internal" not in ran.rules()
        return ran

    return run


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_a_script_that_a_test_runs_is_recorded(run, mode):
    ran = run(SCRIPTED, *mode)
    assert _calls(ran) == [("test_a", 0, 20), ("test_a", 1, 7), ("test_b", 0, 20)]
    call = ran.json["calls"][1]
    assert (call["call_site"].partition(":")[0], call["phase"], call["usage_source"]) == ("app.py", "call", "reported")
    assert not ran.has("not applied")
    assert ran.status == 0


def test_without_the_key_nothing_is_recorded_there_and_the_environment_is_as_it_was(run):
    source = """
    def test_environment():
        assert "PYTEST_LLMCOST_CHILD" not in os.environ
        assert "startup" not in os.environ["PYTHONPATH"]
"""
    assert _calls(run(SCRIPTED + source, toml="")) == [("test_a", 0, 20), ("test_b", 0, 20)]


def test_the_environment_is_put_back_and_no_folder_stays(run, project, monkeypatch):
    (project.root / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(project.root / "tmp"))
    project.write(
        "conftest.py",
        """
        import os
        before = dict(os.environ)

        def pytest_sessionfinish():
            after = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
            assert after == {name: value for name, value in before.items() if name != "PYTEST_CURRENT_TEST"}
        """,
    )
    assert run(SCRIPTED).status == 0
    assert list((project.root / "tmp").glob("llmcost*")) == []


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_are_recorded(run, method):
    source = f"""
    import multiprocessing
    from app import ask

    def work(size):
        ask(usage=(size, 1))

    def start(size):
        process = multiprocessing.get_context("{method}").Process(target=work, args=[size])
        process.start()
        process.join()
        assert process.exitcode == 0

    def test_a():
        start(1)
        start(2)

    def test_b():
        start(3)
"""
    if method != "spawn" and not hasattr(os, "fork"):
        pytest.skip("there are no forks here")
    assert _calls(run(source)) == [("test_a", 0, 1), ("test_a", 1, 2), ("test_b", 0, 3)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_bare_fork_is_recorded_and_its_parent_keeps_its_own_calls(run):
    source = """
    import os
    from app import ask

    def test_a():
        ask(usage=(1, 0))
        child = os.fork()
        if child == 0:
            ask(usage=(2, 0))
            os._exit(0)
        os.waitpid(child, 0)
        ask(usage=(3, 0))
"""
    assert sorted(size for _, _, size in _calls(run(source))) == [1, 2, 3]


def test_a_process_that_is_killed_loses_only_its_unfinished_call(run, project):
    project.write(
        "killed.py",
        """
        import os, signal
        import httpx
        from app import ask, answer, URL

        ask(usage=(1, 0))
        ask(usage=(2, 0))

        def die(request):
            os.kill(os.getpid(), signal.SIGKILL)

        httpx.Client(transport=httpx.MockTransport(die)).post(URL, json={"model": "gpt-4", "messages": []})
        """,
    )
    source = (
        RUN
        + """
    def test_a():
        assert python("killed.py").returncode == -signal.SIGKILL
"""
    )
    assert _calls(run(source)) == [("test_a", 0, 1), ("test_a", 1, 2)]


def test_a_server_of_a_session_fixture_serves_the_running_test(run, project):
    project.write(
        "server.py",
        """
        import sys
        from app import ask
        for line in sys.stdin:
            ask(usage=(int(line), 0))
            print("done", flush=True)
        """,
    )
    source = (
        RUN
        + """
    import pytest

    @pytest.fixture(scope="session")
    def server():
        pipe = subprocess.PIPE
        with subprocess.Popen([sys.executable, "server.py"], stdin=pipe, stdout=pipe, text=True) as server:
            def ask(size):
                print(size, file=server.stdin, flush=True)
                assert server.stdout.readline() == "done\\n"
            yield ask
            server.stdin.close()

    def test_a(server):
        server(1)

    def test_b(server):
        server(2)
"""
    )
    assert _calls(run(source)) == [("test_a", 0, 1), ("test_b", 0, 2)]


def test_limits_and_the_fixture_hold_for_what_a_process_has_called(run):
    source = (
        RUN
        + """
    import pytest

    @pytest.mark.llmcost(max_calls=1)
    def test_limited(llmcost):
        ask()
        python("script.py", check=True)
        assert len(llmcost.calls) == 2
"""
    )
    ran = run(source)
    assert ran.line("1 failed")
    assert ran.finding("limit.max_calls")


def test_the_users_own_start_up_file_runs_too(run, project, monkeypatch):
    project.write("own/sitecustomize.py", "import os\nos.environ['OWN'] = 'ran'\n")
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}{os.pathsep}{project.root / 'own'}")
    source = (
        RUN
        + """
    def test_a():
        code = "import os, sys, sitecustomize, app; print(os.environ['OWN'], sitecustomize.__file__); app.ask()"
        done = python("-c", code, check=True)
        assert done.stdout.split()[0] == "ran"
        assert "own" in done.stdout.split()[1]
        assert done.stderr == ""
"""
    )
    assert len(_calls(run(source))) == 1


def test_no_text_reaches_the_folder_and_a_late_process_harms_nobody(run, project, monkeypatch):
    (project.root / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(project.root / "tmp"))
    project.write("secret.py", "from app import ask\nask('Sesame' * 9, text='Opened')\n")
    source = (
        RUN
        + """
    import json, pathlib

    def test_a():
        python("secret.py", check=True)
        folder = pathlib.Path(json.loads(os.environ["PYTEST_LLMCOST_CHILD"])[0])
        assert folder.stat().st_mode & 0o77 == 0
        files = [file for file in folder.iterdir() if file.suffix == ".calls"]
        assert [file.stat().st_mode & 0o77 for file in files] == [0]
        text = files[0].read_bytes()
        assert b"gpt-4" in text
        assert b"Sesame" not in text
        assert b"Opened" not in text

    def test_b(monkeypatch):
        given = json.loads(os.environ["PYTEST_LLMCOST_CHILD"])
        monkeypatch.setenv("PYTEST_LLMCOST_CHILD", json.dumps([given[0] + "gone", *given[1:]]))
        done = python("secret.py")
        assert (done.returncode, done.stderr) == (0, "")
"""
    )
    assert len(_calls(run(source))) == 1

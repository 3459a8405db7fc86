"""`subprocesses = true`: a process with an environment of its own is recorded; what cannot be is told."""

import pytest

ON = """
    [tool.llmcost]
    subprocesses = true
"""
HEAD = """
    import os, subprocess, sys
    from app import ask
"""
CODE = "import app; app.ask(usage=(7, 0))"


@pytest.fixture
def run(project):
    def run(body, *arguments, toml=ON):
        project.configure(toml)
        project.write("test_it.py", HEAD + body)
        ran = project.cost(*arguments)
        assert "internal" not in ran.rules()
        assert ran.status == 0, ran.lines
        return ran

    return run


def _sizes(ran):
    return [call["usage"]["input_tokens"] for call in ran.json["calls"]]


def _calling(given, before=""):
    return f"""
    def test_a(monkeypatch):
        paths = [entry for entry in os.environ["PYTHONPATH"].split(os.pathsep) if "startup" not in entry]
        path = os.pathsep.join([os.getcwd(), *paths])
        {before}
        done = subprocess.run([sys.executable, "-c", {CODE!r}], {given}, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
"""


@pytest.mark.parametrize(
    ("given", "before"),
    [
        ("env={'PYTHONPATH': path}", ""),
        ("env={**os.environ, 'PYTHONPATH': path}", ""),
        ("env=dict(os.environ)", ""),
        ("env=None", "monkeypatch.setenv('PYTHONPATH', path)"),
        ("env=None", "monkeypatch.delenv('PYTEST_LLMCOST_CHILD')"),
    ],
    ids=["alone", "copied", "inherited", "path changed", "variable gone"],
)
def test_a_python_with_an_environment_of_its_own_is_recorded(run, given, before):
    ran = run(_calling(given, before))
    assert _sizes(ran) == [7]
    assert ran.json["calls"][0]["test"] == "test_it.py::test_a"


def test_the_process_sees_the_environment_that_it_was_given(run):
    run(
        """
    def test_a():
        code = "import json, os, sys; print(json.dumps([dict(os.environ), sys.path]))"
        import json
        for given in ({"A": "1"}, {"A": "1", "PYTHONPATH": "lib"}, {"A": "1", "PYTHONPATH": ""}):
            done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
            seen, path = json.loads(done.stdout)
            assert {name: value for name, value in seen.items() if name != "LC_CTYPE"} == given  # that is Python's own
            assert not any("startup" in entry for entry in path)
    """
    )


def test_the_mapping_that_was_given_is_not_changed_and_a_positional_one_is_seen(run):
    ran = run(
        f"""
    def test_a():
        given = {{"PYTHONPATH": os.pathsep.join([os.getcwd(), os.environ["PYTHONPATH"].partition(os.pathsep)[2]])}}
        before = dict(given)
        rest = (-1, None, None, None, None, None, True, False, None, given)
        with subprocess.Popen([sys.executable, "-c", {CODE!r}], *rest) as process:
            assert process.wait() == 0
        assert given == before
    """
    )
    assert _sizes(ran) == [7]


def test_a_script_that_names_a_python_is_recorded_and_so_is_what_that_starts(run, project):
    script = project.root / "bin" / "serve"
    project.write(
        "bin/serve",
        f"""\
        #!/usr/bin/env -S {{python}}
        import os, subprocess, sys
        import app
        assert "PYTEST_LLMCOST_CHILD" not in os.environ
        app.ask(usage=(1, 0))
        subprocess.run([sys.executable, "-c", {CODE!r}], check=True)
        subprocess.run([sys.executable, "-c", {CODE!r}], check=True, env={{"PYTHONPATH": os.environ["PYTHONPATH"]}})
        """,
    )
    import sys

    script.write_text(script.read_text().replace("/usr/bin/env -S {python}", sys.executable))
    script.chmod(0o755)
    ran = run(
        """
    def test_a():
        path = os.pathsep.join([os.getcwd(), os.environ["PYTHONPATH"].partition(os.pathsep)[2]])
        subprocess.run(["serve"], check=True, env={"PATH": "bin", "PYTHONPATH": path})
    """
    )
    assert sorted(_sizes(ran)) == [1, 7, 7]


def test_processes_of_asyncio_are_recorded(run):
    ran = run(
        f"""
    def test_a():
        import asyncio

        async def main():
            path = os.pathsep.join([os.getcwd(), os.environ["PYTHONPATH"].partition(os.pathsep)[2]])
            command = sys.executable, "-c", {CODE!r}
            process = await asyncio.create_subprocess_exec(*command, env={{"PYTHONPATH": path}})
            assert await process.wait() == 0

        asyncio.run(main())
    """
    )
    assert _sizes(ran) == [7]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("'-I', '-c', 'pass', 'sk-secret'", "-I"),
        ("'-Xutf8', '-X', 'dev', '-W', 'ignore', '-uE', '-c', 'pass'", "-E"),
        ("'-Sc', 'pass'", "-S"),
    ],
)
def test_a_python_that_starts_nothing_of_ours_is_told(run, arguments, option):
    ran = run(
        f"""
    def test_a():
        subprocess.run([sys.executable, {arguments}], check=True)
    """
    )
    finding = ran.finding("not-captured")
    assert (finding["subject"], finding["severity"]) == ("test_it.py::test_a", "notice")
    assert f"was started with {option}," in finding["message"]
    assert finding["message"].startswith("python")
    assert finding["location"] == "test_it.py:6"
    assert "secret" not in str(ran.json)


@pytest.mark.parametrize(
    ("command", "name"),
    [("'KEY=sk-secret true', shell=True", "sh"), ("['/bin/sh', '-c', 'true sk-secret']", "sh")],
    ids=["shell", "words"],
)
def test_a_shell_with_an_environment_of_its_own_is_told_without_its_command(run, command, name):
    ran = run(
        f"""
    def test_a():
        subprocess.run({command}, check=True, env={{}})
    """
    )
    assert ran.finding("not-captured")["message"].startswith(f"{name} was started with an environment of its own,")
    assert "secret" not in str(ran.json)


def test_what_is_recorded_or_no_python_is_not_told(run):
    ran = run(
        """
    def test_a():
        subprocess.run("true", check=True, shell=True)
        subprocess.run(["true"], check=True, env={})
        subprocess.run([b"true"], check=True, env={b"A": b"1"})
        subprocess.run([sys.executable, "-sP", "-c", "import sys; assert sys.argv[1:] == ['-I']", "-I"], check=True)
        subprocess.run([sys.executable, "-m", "timeit", "-n", "1", "-r", "1", "pass"], check=True, env={}, stdout=-3)
        try:
            subprocess.run([sys.executable], env=3)
        except (TypeError, AttributeError):
            pass
        try:
            subprocess.run([])
        except (IndexError, ValueError):
            pass
    """
    )
    assert ran.rules() == []


def test_a_shell_in_a_copied_environment_hands_the_variables_on(run):
    ran = run(
        f"""
    def test_a():
        path = os.pathsep.join([os.getcwd(), os.environ["PYTHONPATH"].partition(os.pathsep)[2]])
        given = {{**os.environ, "PYTHONPATH": path, "PYTHON": sys.executable}}
        subprocess.run('"$PYTHON" -c "{CODE}"', shell=True, check=True, env=given)
    """
    )
    assert (_sizes(ran), ran.rules()) == ([7], [])


def test_a_process_tells_what_it_cannot_see_itself(run):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'pass'], check=True)"
    ran = run(
        f"""
    def test_a():
        subprocess.run([sys.executable, "-c", {code!r}], check=True)
    """
    )
    assert ran.finding("not-captured")["subject"] == "test_it.py::test_a"


def test_without_the_key_popen_is_what_it_was(run):
    ran = run(
        """
    def test_a():
        assert subprocess.Popen.__init__.__module__ == "subprocess"
        assert not hasattr(subprocess.Popen.__init__, "__wrapped__")
        subprocess.run([sys.executable, "-I", "-c", "pass"], check=True, env={})
    """,
        toml="",
    )
    assert ran.rules() == []


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_processes_of_collection_and_of_wide_fixtures_are_shown_apart(run, mode):
    ran = run(
        f"""
    import pytest
    subprocess.run([sys.executable, "-c", {CODE!r}], check=True)

    @pytest.fixture(scope="session")
    def index():
        subprocess.run([sys.executable, "-c", "import app; app.ask(usage=(1, 0))"], check=True)
        yield
        subprocess.run([sys.executable, "-c", "import app; app.ask(usage=(2, 0))"], check=True)

    def test_a(index):
        ask()

    def test_b(index):
        ask()
    """,
        *mode,
        *(("--dist=loadfile",) if mode else ()),
    )
    of_collection = 2 if mode else 1  # each worker collects
    assert ran.groups() == {"collection": of_collection, "shared": 2, "no feature": 2}
    assert sorted(_sizes(ran)) == [1, 2, *[7] * of_collection, 20, 20]
    assert {call["phase"] for call in ran.json["calls"] if call["test"] is None} == {"collection", "shared"}


def test_a_server_that_is_started_while_files_are_collected_serves_the_running_test(run, project):
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
    ran = run(
        """
    pipe = subprocess.PIPE
    server = subprocess.Popen([sys.executable, "server.py"], stdin=pipe, stdout=pipe, text=True)

    def served(size):
        print(size, file=server.stdin, flush=True)
        assert server.stdout.readline() == "done\\n"

    def test_a():
        served(1)

    def test_b():
        served(2)
        server.communicate()
    """
    )
    assert [(call["test"].rpartition("::")[2], call["usage"]["input_tokens"]) for call in ran.json["calls"]] == [
        ("test_a", 1),
        ("test_b", 2),
    ]

"""Without `--llmcost` the plugin is not there: it prints, patches and imports nothing."""

import importlib.metadata

import pytest

CALLS = """
    from app import ask

    def test_calls():
        ask()
"""

SHOW_MODULES = """
    import sys

    def pytest_unconfigure():
        print("\\nLOADED", *sorted(sys.modules))
"""

THIRD_PARTY = {"pydantic", "pydantic_core", "tiktoken", "genai_prices", "requests", "tomli", "regex"}
OURS = {
    "pytest_llmcost",
    "pytest_llmcost.plugin",
    "pytest_llmcost.plugin.marker",
    "pytest_llmcost.core",
    "pytest_llmcost.core.budget",
}


def _loaded(ran):
    (line,) = [line for line in ran.lines if line.startswith("LOADED")]
    return set(line.split()[1:])


def test_without_the_option_nothing_is_printed_or_written(project):
    project.write("test_it.py", CALLS)
    ran = project.run()
    assert ran.status == 0
    assert not any("llmcost" in line.lower() or "cost" in line.lower() for line in ran.lines[4:])
    files = {path.name for path in project.root.iterdir() if path.is_file()}
    assert files - {"stdout", "stderr"} == {"app.py", "pyproject.toml", "test_it.py"}


def test_without_the_option_nothing_is_patched(project):
    project.write(
        "test_it.py",
        """
        import inspect, sys, threading
        from concurrent.futures import ThreadPoolExecutor
        from http.client import HTTPConnection

        import httpx

        def test_everything_is_what_it_was():
            for function in (httpx.Client.send, httpx.AsyncClient.send, threading.Thread.start,
                             ThreadPoolExecutor.submit, HTTPConnection.putrequest):
                assert not hasattr(function, "__wrapped__")
                assert "llmcost" not in inspect.getfile(function)
            assert not any("llmcost" in type(finder).__module__ for finder in sys.meta_path)
        """,
    )
    assert project.run().status == 0
    assert project.cost().status == 1


def test_without_the_option_nothing_of_ours_and_nothing_foreign_is_imported(project):
    project.write("conftest.py", SHOW_MODULES)
    project.write("test_it.py", "def test_nothing(): pass")
    loaded = _loaded(project.run("-s"))
    assert {name for name in loaded if name.startswith("pytest_llmcost")} == {"pytest_llmcost", "pytest_llmcost.plugin"}
    assert not THIRD_PARTY & loaded
    assert "httpx" not in loaded


def test_a_marker_that_only_names_a_feature_imports_what_reads_it_and_no_more(project):
    project.write("conftest.py", SHOW_MODULES)
    project.write("test_it.py", "import pytest\n@pytest.mark.llmcost(feature='chat')\ndef test_nothing(): pass")
    loaded = _loaded(project.run("-s"))
    assert {name for name in loaded if name.startswith("pytest_llmcost")} <= OURS
    assert not THIRD_PARTY & loaded


def test_the_marker_is_registered_without_the_option(project):
    project.write("test_it.py", "import pytest\n@pytest.mark.llmcost(feature='chat')\ndef test_nothing(): pass")
    assert project.run("--strict-markers", "-W", "error").status == 0


def test_the_other_options_alone_start_nothing(project):
    project.write("test_it.py", CALLS)
    ran = project.run("--llmcost-report=json", "--llmcost-update-baseline", "--llmcost-scenario=base")
    assert (ran.status, ran.report) == (0, None)
    assert not ran.has("LLM cost")


def test_a_spend_limit_that_nothing_would_hold_is_refused(project):
    project.write("test_it.py", CALLS)
    ran = project.run("--llmcost-max-spend=1")
    assert ran.status == 4
    (line,) = [line for line in ran.errors if line]
    assert line.startswith("ERROR: --llmcost-max-spend needs --llmcost")


def test_a_wrong_configuration_matters_only_when_it_is_used(project):
    project.configure("[tool.llmcost]\nnonsense = 1")
    project.write("test_it.py", CALLS)
    assert project.run().status == 0


def test_an_installed_plugin_is_found_by_its_entry_point(project, monkeypatch):
    if not any(one.name == "llmcost" for one in importlib.metadata.entry_points(group="pytest11")):
        pytest.skip("pytest-llmcost is not installed, only on the path")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    project.write("test_it.py", CALLS)
    done = project.pytester.runpytest_subprocess("--llmcost")
    assert any("LLM cost check: pass" in line for line in done.outlines)


def test_after_a_run_every_patch_is_undone(project):
    project.write(
        "conftest.py",
        """
        import threading
        import httpx, requests
        import pytest

        FUNCTIONS = {"send": (httpx.Client, "send"), "async": (httpx.AsyncClient, "send"),
                     "thread": (threading.Thread, "start"), "session": (requests.Session, "request")}
        before = {name: getattr(*place) for name, place in FUNCTIONS.items()}

        def patched():
            return sorted(name for name, place in FUNCTIONS.items() if getattr(*place) is not before[name])

        @pytest.hookimpl(trylast=True)
        def pytest_unconfigure():
            print("\\nLEFT", patched())

        def pytest_sessionfinish():
            print("\\nPATCHED", patched())
        """,
    )
    project.write("test_it.py", CALLS)
    ran = project.cost("-s")
    assert "PATCHED ['async', 'send', 'session', 'thread']" in ran.lines
    assert "LEFT []" in ran.lines

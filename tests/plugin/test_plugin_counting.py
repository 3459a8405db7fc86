"""Counting is rare: a run whose replies report usage, and whose texts the baseline knows, loads no tokenizer."""

import pytest

CALLS = """
    import app

    def test_short():
        app.ask("Hello", system="Be kind.")

    def test_long():
        app.ask("First.\\n\\n" * 60, system="Second.\\n\\n" * 60)
"""
SHOW = """
    import sys

    def pytest_unconfigure():
        encodings = sys.modules.get("pytest_llmcost.tokens.encodings")
        loaded = encodings.load.cache_info().currsize if encodings else 0
        print("\\nLOADED", "tiktoken" in sys.modules, loaded)
"""


@pytest.fixture
def counted(project):
    """Return a function that runs the project and tells whether a tokenizer was loaded."""
    project.write("conftest.py", SHOW)

    def run(*arguments):
        (line,) = [line for line in project.cost("-s", *arguments).lines if line.startswith("LOADED")]
        return line.split()[1:]

    return run


def test_a_known_prompt_loads_no_tokenizer(project, counted):
    project.write("test_it.py", CALLS)
    assert counted("--llmcost-update-baseline") == ["True", "1"]
    assert counted() == ["False", "0"]


def test_a_new_prompt_loads_one(project, counted):
    project.write("test_it.py", CALLS)
    counted("--llmcost-update-baseline")
    project.write("test_it.py", CALLS.replace("Be kind", "Be brief"))
    assert counted() == ["True", "1"]

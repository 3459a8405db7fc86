"""In GitHub Actions: annotations on pytest's terminal, and the report in the job summary; once, and never to harm."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
    budget = {{ monthly_usd = {limit} }}
"""
TESTS = """
    import pytest
    from app import ask

    @pytest.mark.parametrize("number", range(4))
    def test_it(number):
        print()
        print("half a line", end="")
        ask()
"""
BUDGET = (
    "::error file=app.py,line=31,title=LLM cost%3A budget.monthly_usd::`chat` uses $24.00 of $20.00 (dollars a month)"
)


@pytest.fixture
def summary(project, monkeypatch):
    """A project that breaks a budget, in a step of GitHub Actions; the file of the step's summary."""
    file = project.root / "summary.md"
    file.touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root))
    project.configure(CHAT.format(limit=20))
    project.write("test_chat.py", TESTS)
    return file


def commands(ran):
    return [line for line in ran.lines if line.startswith("::")]


def is_silent(ran, summary):
    return not ran.has("::error") and not ran.has("::warning") and summary.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("mode", [(), ("-q",), ("-qq",), ("-s",), ("-v", "--color=yes"), ("-n", "2")], ids=" ".join)
def test_a_broken_budget_is_annotated_and_summed_up_once(mode, project, summary):
    ran = project.cost(*mode)
    assert ran.status == 1
    assert commands(ran) == [BUDGET]
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("### ❌ LLM cost")
    assert text.count("###") == 1


def test_what_the_summary_holds_already_stays(project, summary):
    summary.write_text("# Of another step\n", encoding="utf-8")
    project.cost()
    assert summary.read_text(encoding="utf-8").startswith("# Of another step\n\n### ❌ LLM cost")


def test_a_run_that_passes_has_its_summary_too(project, summary):
    project.configure(CHAT.format(limit=50))
    ran = project.cost()
    assert (ran.status, commands(ran)) == (0, [])
    assert summary.read_text(encoding="utf-8").startswith("### ⚪ LLM cost $24.00 / month")


def test_paths_are_those_of_the_repository(project, summary, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root.parent))
    (line,) = commands(project.cost())
    assert line.startswith(f"::error file={project.root.name}/app.py,line=31,")


@pytest.mark.parametrize(
    "options", [("--llmcost-record-only",), ("--llmcost-report=none",)], ids=["record-only", "none"]
)
def test_a_run_that_shows_no_verdict_says_nothing_there(options, project, summary):
    assert is_silent(project.cost(*options), summary)


def test_a_run_without_the_option_says_nothing_there(project, summary):
    project.write("test_chat.py", "from app import ask\ndef test_it(llmcost):\n    ask()\n    assert llmcost.calls\n")
    ran = project.run()
    assert ran.status == 0
    assert is_silent(ran, summary)


def test_elsewhere_nothing_is_said(project, summary, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS")
    ran = project.cost()
    assert ran.status == 1
    assert is_silent(ran, summary)


def test_the_environment_is_the_one_at_the_beginning(project, summary):
    project.write(
        "conftest.py",
        """
        import os

        def pytest_collection_finish():
            for name in list(os.environ):
                if name.startswith("GITHUB_"):
                    del os.environ[name]
        """,
    )
    assert commands(project.cost()) == [BUDGET]
    assert summary.read_text(encoding="utf-8")


def test_a_summary_that_cannot_be_written_is_a_line_and_no_failure(project, summary, monkeypatch):
    project.configure(CHAT.format(limit=50))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.root))
    ran = project.cost()
    assert ran.status == 0
    assert ran.line("llmcost: the job summary was not written")


def test_a_bug_of_ours_is_a_line_and_no_failure(project, summary):
    project.configure(CHAT.format(limit=50))
    project.write(
        "conftest.py",
        """
        import pytest_llmcost.render.summary

        def summary(report):
            raise ZeroDivisionError

        pytest_llmcost.render.summary.summary = summary
        """,
    )
    ran = project.cost()
    assert ran.status == 0
    assert ran.line("llmcost: annotations and job summary failed (ZeroDivisionError in pytest-llmcost)")
    assert ran.line("LLM cost check: pass")


def test_a_test_that_breaks_its_limit_is_annotated_at_the_call(project, summary):
    project.configure("")
    project.write(
        "test_chat.py",
        """
        import pytest
        from app import ask

        @pytest.mark.llmcost(max_calls=1)
        def test_it():
            ask()
            ask()
        """,
    )
    (line,) = commands(project.cost())
    assert line.startswith("::error file=app.py,line=31,title=LLM cost%3A limit.max_calls::")

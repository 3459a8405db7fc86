"""What is configured or typed wrongly ends the run before any test, with exit 4 and one line per problem."""

import pytest

RAN = """
    import pathlib

    def test_leaves_a_trace():
        pathlib.Path("ran").touch()
"""

FEATURE = """
    [tool.llmcost.features.chat]
    requests_per_month = 1000
"""


def _refused(project, *arguments, lines=1):
    project.write("test_it.py", RAN)
    ran = project.cost(*arguments)
    assert ran.status == 4
    assert not (project.root / "ran").exists()
    assert ran.report is None
    assert not ran.has("Traceback")
    assert not ran.has("INTERNALERROR")
    problems = [line for line in ran.errors if line.strip()]
    assert len(problems) == lines, problems
    return problems


@pytest.mark.parametrize(
    ("toml", "prices", "parts"),
    [
        ("[tool.llmcost]\nwarn_at_procent = 90", "", ("pyproject.toml", "warn_at_procent", "warn_at_percent")),
        ("[tool.llmcost]\nwarn_at_percent = 'much'", "", ("pyproject.toml", "warn_at_percent")),
        ("[tool.llmcost.features.chat]\nrequests_per_mont = 5", "", ("requests_per_mont", "requests_per_month")),
        ("", "[tool.llmcost.prices.'gpt-4']\ninput = -1\noutput = 2", ("input", "-1")),
        ("[tool.llmcost]\nscenario = 'bse'", "", ("scenario", "bse", "base")),
        ("[tool.llmcost]\nfail_on = ['budgets']", "", ("fail_on", "budgets", "budget")),
        ("[tool.llmcost\n", "", ("pyproject.toml",)),
    ],
    ids=["unknown key", "wrong type", "unknown key of a feature", "negative price", "scenario", "choice", "not TOML"],
)
def test_a_wrong_table_is_one_line(project, toml, prices, parts):
    project.configure(toml, prices=prices)
    if toml.endswith("\n"):
        (project.root / "pytest.ini").write_text("[pytest]\n")  # else pytest itself stumbles over the file
    (line,) = _refused(project)
    for part in parts:
        assert part in line


def test_every_problem_has_a_line_of_its_own(project):
    project.configure("[tool.llmcost]\nscenari = 'base'\nwarn_at_percent = -1\ndays_per_month = 'thirty'")
    lines = _refused(project, lines=3)
    for part in ("scenari", "warn_at_percent", "days_per_month"):
        assert sum(part in line for line in lines) == 1


@pytest.mark.parametrize(
    ("option", "parts"),
    [
        ("--llmcost-report=nonsense", ("--llmcost-report=nonsense", "did you mean none?")),
        ("--llmcost-report=xyz", ("--llmcost-report=xyz", "term", "json", "html")),
        ("--llmcost-report=jsn", ("did you mean json?",)),
        ("--llmcost-report=term:out.txt", ("takes no path",)),
        ("--llmcost-report=json:app.py/out.json", ("--llmcost-report=json:app.py/out.json",)),
        ("--llmcost-report=html:tests", ("--llmcost-report=html:tests",)),
        ("--llmcost-scenario=typo", ("--llmcost-scenario=typo", "measured", "aggressive")),
        ("--llmcost-max-spend=abc", ("--llmcost-max-spend=abc", "2.50")),
        ("--llmcost-max-spend=-1", ("--llmcost-max-spend=-1",)),
        ("--llmcost-max-spend=nan", ("--llmcost-max-spend=nan",)),
        ("--llmcost-config=missing.toml", ("missing.toml",)),
        ("--llmcost-config=app.py", ("app.py",)),
        ("--llmcost-baseline=missing.json", ("missing.json",)),
        ("--llmcost-baseline=git:main", ("git",)),
        ("--llmcost-baseline=git:", ("git",)),
    ],
)
def test_a_wrong_option_is_one_line(project, option, parts):
    (project.root / "tests").mkdir()
    (line,) = _refused(project, option)
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("nonsense", "llmcost-baseline.json"),
        ("{}", "llmcost-baseline.json"),
        ('{"format":"pytest-llmcost/baseline","version":99}\n', "99"),
        ('<<<<<<< HEAD\n{"format":"pytest-llmcost/baseline","version":1}\n', "conflict"),
        ("", "llmcost-baseline.json"),
    ],
    ids=["nonsense", "another format", "another version", "conflict", "empty"],
)
def test_an_unreadable_baseline_is_one_line(project, text, part):
    (project.root / "llmcost-baseline.json").write_text(text)
    (line,) = _refused(project)
    assert part in line


def test_a_baseline_that_is_a_folder_is_one_line(project):
    (project.root / "llmcost-baseline.json").mkdir()
    _refused(project)


def test_an_unreadable_baseline_is_replaced_when_a_new_one_is_asked_for(project):
    (project.root / "llmcost-baseline.json").write_text("<<<<<<< HEAD\n")
    project.write("test_it.py", "from app import ask\ndef test_it(): ask()")
    assert project.update().status == 0
    assert project.cost().json["comparison"]["added"] == []


MODES = pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])


@MODES
def test_two_features_of_equal_claim_are_refused(project, mode):
    project.configure(
        """
        [tool.llmcost.features.chat]
        tests = ["test_it.py::test_leaves"]
        requests_per_month = 1000
        [tool.llmcost.features.talk]
        tests = ["test_it.py"]
        [tool.llmcost.features.speak]
        tests = ["test_i*t.py*"]
        """
    )
    (line,) = _refused(project, *mode)
    assert "test_it.py::test_leaves_a_trace: speak and talk have equal claim" in line


@MODES
@pytest.mark.parametrize(
    ("marker", "parts"),
    [
        ("featur='chat'", ("featur", "max_cost")),
        ("feature='chta'", ("chta", "chat")),
    ],
)
def test_a_wrong_marker_is_one_line(project, marker, parts, mode):
    project.configure(FEATURE)
    project.write("test_a.py", f"import pytest\n@pytest.mark.llmcost({marker})\ndef test_marked(): open('ran', 'w')")
    (line,) = _refused(project, *mode)
    for part in ("test_a.py::test_marked", *parts):
        assert part in line


@pytest.mark.parametrize(
    ("marker", "parts"),
    [
        ("max_cost=-1", ("max_cost", "-1")),
        ("max_calls='2'", ("max_calls", "'2'")),
        ("max_calls=1.5", ("max_calls", "whole")),
        ("'chat'", ("keywords only",)),
        ("weight=True", ("weight", "True")),
    ],
)
def test_a_wrong_marker_is_refused_without_the_option_too(project, marker, parts):
    project.write("test_it.py", f"import pytest\n@pytest.mark.llmcost({marker})\ndef test_marked(): pass")
    ran = project.run(*(("-n", "2") if marker == "max_cost=-1" else ()))
    (line,) = [line for line in ran.errors if line]
    for part in ("test_it.py::test_marked", *parts):
        assert part in line
    assert ran.status == 4
    assert not ran.has("Traceback")


def test_another_file_can_be_named(project):
    project.write("costs.toml", "[tool.llmcost.features.chat]\ntests = ['test_it.py']\nrequests_per_month = 1000")
    project.write("test_it.py", "from app import ask\ndef test_it(): ask()")
    assert project.cost("--llmcost-config=costs.toml").samples() == {"chat": 1}
    assert project.cost("--llmcost-config=costs.toml", "-n", "2").samples() == {"chat": 1}

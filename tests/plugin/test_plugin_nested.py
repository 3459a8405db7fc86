"""A test that runs pytest in its own process, with or without `--llmcost`, disturbs no run around it."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_outer.py"]
    requests_per_month = 1000
"""
OUTER = """
    pytest_plugins = ["pytester"]

    from app import ask

    def test_before():
        ask()

    def test_nesting(pytester):
        ask()
        pytester.makepyfile(test_inner='''
            import sys
            sys.path.insert(0, {root!r})
            from app import ask

            def test_inner():
                ask()
                ask()
        ''')
        result = pytester.runpytest_inprocess({arguments})
        result.assert_outcomes(passed=1)
        ask()

    def test_after():
        ask()
"""
PLUGIN = '"-p", "pytest_llmcost.plugin"'


@pytest.mark.parametrize(
    "inner", ["", PLUGIN, f'{PLUGIN}, "--llmcost"', f'{PLUGIN}, "--llmcost", "--llmcost-report=json"']
)
def test_the_outer_run_reports_its_own_tests(project, inner):
    project.configure(CHAT)
    project.write("test_outer.py", OUTER.format(root=str(project.root), arguments=inner))
    ran = project.cost()
    assert ran.status == 0
    names = {one["test"] for one in ran.json["calls"]}
    assert names <= {f"test_outer.py::test_{name}" for name in ("before", "nesting", "after")}
    by_test = {one["test"].rpartition("_")[2]: one["calls"] for one in ran.json["tests"]}
    assert (by_test["before"], by_test["after"]) == (1, 1)
    assert by_test["nesting"] >= 2
    assert ran.samples() == {"chat": 3}
    assert ran.groups() == {}
    assert ran.rules() == []


def test_an_inner_run_leaves_the_patches_of_the_outer_one(project):
    project.configure(CHAT)
    project.write(
        "test_outer.py",
        OUTER.format(root=str(project.root), arguments=f'{PLUGIN}, "--llmcost"')
        + """
    def test_patched_once():
        import httpx
        assert httpx.Client.send.__wrapped__ is not None
        assert not hasattr(httpx.Client.send.__wrapped__, "__wrapped__")
    """,
    )
    assert project.cost().status == 0

"""Every budget can fail a run; equal to the limit passes; near the limit warns."""

import pytest

TEXT = " ".join(["The quick brown fox jumps over the lazy dog."] * 29)
TESTS = f"""
    from app import ask

    def test_short():
        ask({TEXT[: 40 * 9]!r}, usage=(100, 10))

    def test_long():
        ask({TEXT!r}, system="You are a helpful assistant of a shop.", usage=(300, 30))
        ask({TEXT[: 40 * 9]!r}, usage=(100, 40))
"""
# test_short costs $0.00012, test_long $0.00036 + $0.00018: on average $0.00033 a request. Usages fit their prompts.

FEATURE = """
    [tool.llmcost]
    {top}
    [tool.llmcost.features.chat]
    tests = ["test_it.py"]
    requests_per_month = 1000
    {revenue}
    [tool.llmcost.features.chat.budget]
    {budget}
"""
WHOLE = """
    [tool.llmcost]
    {top}
    [tool.llmcost.features.chat]
    tests = ["test_it.py"]
    requests_per_month = 1000
    [tool.llmcost.budget]
    {budget}
"""


def _run(project, table, budget, top="", revenue=""):
    project.configure(table.format(budget=budget, top=top, revenue=revenue))
    project.write("test_it.py", TESTS)
    return project.cost()


MET = {
    "monthly_usd": ("0.33", "0.3299", "$0.33"),
    "request_usd": ("0.00033", "0.0003299", "$0.33"),
    "input_tokens": ("300", "299", "300"),
    "output_tokens": ("40", "39", "40"),
    "calls": ("2", "1", "2"),
}
"""What is used, as a limit; a little less; and what is used, as drawn: request_usd per 1,000 requests."""


def test_a_budget_of_a_feature_passes_when_it_is_met_and_fails_above(project):
    ran = _run(project, FEATURE, "\n    ".join(f"{key} = {fits}" for key, (fits, _, _) in MET.items()))
    assert (ran.status, ran.rules("error")) == (0, [])
    ran = _run(project, FEATURE, "\n    ".join(f"{key} = {little}" for key, (_, little, _) in MET.items()))
    assert (ran.status, ran.rules("error")) == (1, sorted(f"budget.{key}" for key in MET))
    for key, (_, _, actual) in MET.items():
        finding = ran.finding(f"budget.{key}")
        assert (finding["subject"], finding["actual"]) == ("chat", actual)
        assert ran.line("ERROR", f"budget.{key} ", "chat")


def test_the_budget_of_the_system_prompt_counts_system_and_tools_only(project):
    ran = _run(project, FEATURE, "system_tokens = 1000")
    assert ran.status == 0
    (used,) = [one["actual"] for one in ran.feature("chat")["budgets"]]
    assert 8 < float(used) < 20
    ran = _run(project, FEATURE, f"system_tokens = {int(float(used)) - 1}")
    assert ran.status == 1
    assert ran.finding("budget.system_tokens")["location"] == "app.py:31"


@pytest.mark.parametrize(
    ("key", "fits", "too_little", "limit", "actual"),
    [("monthly_usd", "0.33", "0.32", "$0.32", "$0.33"), ("test_usd", "0.00054", "0.00053", "$0.00053", "$0.00054")],
)
def test_a_budget_of_the_application_passes_when_it_is_met_and_fails_above(
    project, key, fits, too_little, limit, actual
):
    assert _run(project, WHOLE, f"{key} = {fits}").status == 0
    ran = _run(project, WHOLE, f"{key} = {too_little}")
    assert (ran.status, ran.rules("error")) == (1, [f"budget.{key}"])
    finding = ran.finding(f"budget.{key}")
    assert (finding["subject"], finding["limit"], finding["actual"]) == ("total", limit, actual)


def test_the_budget_of_a_test_names_the_dearest_one(project):
    ran = _run(project, WHOLE, "test_usd = 0.0001")
    assert ran.finding("budget.test_usd")["location"] == "test_it.py::test_long"


def test_the_budget_of_a_run_is_about_real_spend_only(project):
    ran = _run(project, WHOLE, "run_usd = 0")
    assert (ran.status, ran.rules()) == (0, [])


def test_near_the_limit_there_is_a_warning(project):
    ran = _run(project, FEATURE, "input_tokens = 320")
    assert (ran.status, ran.rules("warning")) == (0, ["budget.input_tokens"])
    assert ran.line("WARNING", "94% of the limit")
    assert _run(project, FEATURE, "input_tokens = 320", top="warn_at_percent = 95").rules() == []


def test_exactly_at_the_limit_there_is_a_notice_and_the_run_passes(project):
    ran = _run(project, FEATURE, "input_tokens = 300")
    assert (ran.status, ran.rules("notice")) == (0, ["budget.input_tokens"])


def test_budgets_that_shall_not_fail_the_run_warn(project):
    ran = _run(project, FEATURE, "input_tokens = 10", top="fail_on = ['regression']")
    assert (ran.status, ran.rules("warning"), ran.json["verdict"]) == (0, ["budget.input_tokens"], "pass")
    assert ran.line("WARNING", "budget.input_tokens")
    assert ran.line("LLM cost check") == "LLM cost check: pass (1 warning)"


def test_the_headline_scenario_is_what_budgets_are_about(project):
    project.configure(FEATURE.format(budget="monthly_usd = 0.5", top="", revenue=""))
    project.write("test_it.py", TESTS)
    assert project.cost().status == 0
    ran = project.cost("--llmcost-scenario=aggressive")
    assert (ran.status, ran.rules("error")) == (1, ["budget.monthly_usd"])
    assert ran.line("LLM cost:", "(aggressive)")


def test_budgets_that_need_no_traffic_hold_without_any(project):
    project.configure("[tool.llmcost.budget]\ntest_usd = 0.0005")
    project.write("test_it.py", TESTS)
    ran = project.cost()
    assert (ran.status, ran.rules("error")) == (1, ["budget.test_usd"])
    assert ran.has("no traffic is declared")


def test_an_unknown_monthly_figure_is_no_pass_of_its_budget_in_silence(project):
    project.configure(FEATURE.format(budget="monthly_usd = 1", top="", revenue=""))
    project.write("test_it.py", "from app import ask\ndef test_it(): ask(model='acme-9')")
    ran = project.cost()
    assert ran.status == 1
    assert ran.rules("error") == ["unpriced"]
    assert ran.feature("chat")["monthly_usd"]["measured"] is None


def test_a_share_of_revenue_is_a_budget_in_dollars_of_the_month(project):
    ran = _run(project, FEATURE, "share_of_revenue = 0.1", revenue="revenue_per_month = 3.3")
    assert (ran.status, ran.rules("error")) == (0, [])
    ran = _run(project, FEATURE, "share_of_revenue = 0.1", revenue="revenue_per_month = 3.2")
    assert (ran.status, ran.rules("error")) == (1, ["budget.share_of_revenue"])
    found = ran.finding("budget.share_of_revenue")
    assert (found["limit"], found["actual"]) == ("$0.32", "$0.33")
    assert "uses $0.33 of $0.32 (dollars a month, held against a share of the revenue)" in found["message"]

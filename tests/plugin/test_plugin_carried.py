"""Tests that give no sample keep the baseline's figure; what is gone is said to be gone: never cheaper in silence."""

import shutil

import pytest

FEATURES = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
    [tool.llmcost.features.search]
    tests = ["test_search.py"]
    requests_per_month = 1_000_000
"""
CHAT = """
    import pytest
    from app import ask

    def test_small():
        ask("small", usage=(8, 1))

    def test_large():
        ask("large", usage=(18, 1))
"""
# 8 + 2 and 18 + 2 millionths of a dollar: on average $15.00 a month.
SEARCH = """
    from app import ask

    def test_search():
        ask("search", usage=(28, 1))
"""
BEFORE = "45"


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    """Where the baseline is kept once it is made."""
    return tmp_path_factory.mktemp("known") / "baseline.json"


@pytest.fixture
def known(project, baseline):
    """The project with a baseline of two features and three tests."""
    project.configure(FEATURES)
    project.write("test_chat.py", CHAT)
    project.write("test_search.py", SEARCH)
    if baseline.exists():
        shutil.copy(baseline, project.root / "llmcost-baseline.json")
    else:
        assert project.update().json["scenarios"]["measured"]["monthly_usd"] == BEFORE
        shutil.copy(project.root / "llmcost-baseline.json", baseline)
    return project


def _after(ran):
    return ran.json["comparison"]["monthly_before_usd"], ran.json["comparison"]["monthly_after_usd"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "small"),
        ("test_chat.py::test_small",),
        ("--deselect", "test_chat.py::test_large", "--deselect", "test_search.py::test_search"),
        ("test_chat.py", "-k", "small"),
        ("-n", "2", "-k", "small"),
        ("-m", "quick"),
        ("--splits", "3", "--group", "1"),
        ("--splits", "3", "--group", "1", "-n", "2"),
    ],
    ids=["-k", "by node id", "--deselect", "file and -k", "xdist", "-m", "pytest-split", "pytest-split and xdist"],
)
def test_tests_that_were_not_asked_for_are_carried(known, arguments):
    quick = CHAT.replace("    def test_small", "    @pytest.mark.quick\n    def test_small")
    known.write("test_chat.py", quick)
    known.write("pytest.ini", "[pytest]\nmarkers = quick\n")
    ran = known.cost(*arguments)
    assert (ran.status, [rule for rule in ran.rules() if rule != "shard"]) == (0, [])
    assert _after(ran) == (BEFORE, BEFORE)
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large", "test_search.py::test_search"]
    assert ran.json["comparison"]["removed"] == []
    assert ran.feature("chat")["carried"] == 1
    assert ran.has("chat: 1 of 2 samples carried from the baseline")
    assert ran.feature("search")["monthly_usd"]["measured"] == "30"


def test_a_part_of_a_run_says_that_it_is_one(known):
    assert known.cost("-k", "small").has("some tests did not run")
    assert not known.cost().has("some tests did not run")


@pytest.mark.parametrize(
    "end",
    [
        "    raise KeyError",
        "    pytest.xfail('known')",
    ],
)
def test_a_test_that_gave_no_sample_is_carried(known, end):
    known.write("test_chat.py", CHAT + f"        ask('large', usage=(18, 900))\n    {end}\n")
    ran = known.cost()
    assert _after(ran) == (BEFORE, BEFORE)
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large"]
    assert ran.rules() == []


def test_a_test_skipped_by_mark_is_carried(known):
    known.write("test_chat.py", CHAT.replace("    def test_large", "    @pytest.mark.skip\n    def test_large"))
    ran = known.cost()
    assert (_after(ran), ran.json["comparison"]["carried"]) == ((BEFORE, BEFORE), ["test_chat.py::test_large"])


def test_a_module_that_skips_itself_is_carried(known):
    known.write("test_search.py", "import pytest\npytest.importorskip('no_such_module')\n")
    ran = known.cost()
    assert (_after(ran), ran.json["comparison"]["carried"]) == ((BEFORE, BEFORE), ["test_search.py::test_search"])


def test_a_failure_with_x_carries_what_was_never_reached(known):
    known.write("test_chat.py", CHAT.replace('"small", usage=(8, 1))', '"small", usage=(8, 1))\n        assert False'))
    for mode in ((), ("-n", "2", "--dist=loadfile")):
        ran = known.cost("-x", *mode)
        assert ran.status in {1, 2}
        assert _after(ran) == (BEFORE, BEFORE)
        assert "test_chat.py::test_small" in ran.json["comparison"]["carried"]
        assert ran.json["comparison"]["removed"] == []


def test_last_failed_carries_what_pytest_leaves_out_without_a_word(known):
    known.write("test_chat.py", CHAT.replace('"small", usage=(8, 1))', '"small", usage=(8, 1))\n        assert False'))
    known.cost("-p", "cacheprovider")
    known.write("test_chat.py", CHAT)
    ran = known.cost("-p", "cacheprovider", "--last-failed")
    assert ran.line("1 passed")
    assert _after(ran) == (BEFORE, BEFORE)
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large", "test_search.py::test_search"]


def test_a_stepwise_run_carries_what_it_has_passed_before(known):
    known.write("test_search.py", SEARCH + "        assert False\n")
    known.cost("-p", "cacheprovider", "-p", "stepwise", "--stepwise")
    known.write("test_search.py", SEARCH)
    ran = known.cost("-p", "cacheprovider", "-p", "stepwise", "--stepwise")
    assert ran.has("1 passed")
    assert _after(ran) == (BEFORE, BEFORE)
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large", "test_chat.py::test_small"]


def test_failed_first_leaves_nothing_out(known):
    known.write("test_search.py", SEARCH + "        assert False\n")
    known.cost("-p", "cacheprovider")
    known.write("test_search.py", SEARCH)
    ran = known.cost("-p", "cacheprovider", "--failed-first")
    assert ran.has("3 passed")
    assert ran.json["comparison"]["carried"] == []
    assert not ran.has("some tests did not run")


def test_a_path_carries_the_tests_of_other_files(known):
    ran = known.cost("test_search.py")
    assert _after(ran) == (BEFORE, BEFORE)
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large", "test_chat.py::test_small"]


def test_testmon_carries_what_no_change_can_have_touched(known):
    pytest.importorskip("testmon")
    assert known.cost("-p", "cacheprovider", "--testmon").has("3 passed")
    known.write("test_chat.py", CHAT.replace("(8, 1)", "(108, 1)"))
    ran = known.cost("-p", "cacheprovider", "--testmon")
    assert ran.has("1 passed")
    assert _after(ran) == (BEFORE, "95")
    assert ran.json["comparison"]["carried"] == ["test_chat.py::test_large", "test_search.py::test_search"]
    assert ran.json["comparison"]["removed"] == []
    again = known.cost("-p", "cacheprovider", "--testmon")
    assert again.has("some tests did not run") is False
    assert _after(again) == (BEFORE, BEFORE)
    assert len(again.json["comparison"]["carried"]) == 3


def test_a_plugin_that_drops_tests_makes_nothing_cheaper(known):
    known.write("conftest.py", "def pytest_collection_modifyitems(items): del items[1:]")
    ran = known.cost()
    assert ran.line("1 passed")
    assert (_after(ran), len(ran.json["comparison"]["carried"])) == ((BEFORE, BEFORE), 2)


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_a_deleted_test_is_removed_outside_the_gate(known, mode):
    known.write("test_chat.py", CHAT.partition("    def test_large")[0])
    ran = known.cost(*mode)
    assert (ran.status, ran.rules()) == (0, [])
    assert _after(ran) == (BEFORE, "40")
    assert ran.json["comparison"]["removed"] == ["test_chat.py::test_large"]
    assert ran.has("1 test removed")
    assert all(one["before_usd"] == one["after_usd"] for one in ran.json["comparison"]["gate"])


def test_a_new_test_is_added_outside_the_gate(known):
    known.write("test_chat.py", CHAT + "\n    def test_new():\n        ask('new', usage=(9998, 1))\n")
    ran = known.cost()
    assert (ran.status, ran.rules("error")) == (0, [])
    assert ran.json["comparison"]["added"] == ["test_chat.py::test_new"]


def test_a_renamed_test_is_the_same_test(known):
    known.write("test_chat.py", CHAT.replace("test_large", "test_renamed"))
    ran = known.cost()
    assert (ran.json["comparison"]["removed"], ran.json["comparison"]["added"]) == ([], [])
    assert ran.json["comparison"]["renamed"] == {"test_chat.py::test_large": "test_chat.py::test_renamed"}
    assert _after(ran) == (BEFORE, BEFORE)


def test_a_deleted_file_leaves_its_feature_unsampled(known):
    (known.root / "test_search.py").unlink()
    ran = known.cost()
    assert (ran.status, ran.rules("error")) == (1, ["unsampled"])
    assert ran.finding("unsampled")["subject"] == "search"
    assert ran.json["comparison"]["removed"] == ["test_search.py::test_search"]


def test_a_test_that_calls_nothing_any_more_is_removed(known):
    known.write("test_search.py", "def test_search(): pass")
    ran = known.cost()
    assert ran.json["comparison"]["removed"] == ["test_search.py::test_search"]
    assert ran.rules("error") == ["unsampled"]


def test_a_file_that_was_not_searched_is_carried(known):
    ran = known.cost("test_chat.py")
    assert (_after(ran), ran.json["comparison"]["carried"]) == ((BEFORE, BEFORE), ["test_search.py::test_search"])
    ran = known.cost("--ignore=test_search.py")
    assert (_after(ran), ran.json["comparison"]["carried"]) == ((BEFORE, BEFORE), ["test_search.py::test_search"])


def test_without_a_baseline_a_feature_whose_tests_all_fail_is_unsampled(project):
    project.configure(FEATURES)
    project.write("test_chat.py", CHAT)
    project.write("test_search.py", SEARCH + "\n        assert False\n")
    ran = project.cost()
    assert ran.rules("error") == ["unsampled"]
    assert ran.feature("search")["monthly_usd"]["measured"] is None


def test_an_update_from_a_part_of_the_suite_keeps_the_other_entries(known):
    known.write("test_chat.py", CHAT.replace("(8, 1)", "(108, 1)"))
    assert known.update("-k", "small").status == 1  # a regression is one all the same
    ran = known.cost()
    assert ran.rules() == []
    assert _after(ran) == ("95", "95")


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_an_update_from_a_shard_keeps_the_entries_of_the_others(known, mode):
    known.write("test_chat.py", CHAT.replace("(8, 1)", "(108, 1)"))
    known.update("--splits", "3", "--group", "1", *mode)
    ran = known.cost()
    assert ran.rules() == []
    assert _after(ran) == ("95", "95")


def test_an_update_from_the_whole_suite_drops_what_is_gone(known):
    known.write("test_chat.py", CHAT.partition("    def test_large")[0])
    known.update("test_chat.py::test_small")
    assert known.update().json["comparison"]["removed"] == ["test_chat.py::test_large"]
    ran = known.cost()
    assert ran.json["comparison"]["removed"] == []
    assert _after(ran) == ("40", "40")


def test_an_update_keeps_the_entry_of_a_test_that_failed(known):
    known.write("test_search.py", SEARCH + "\n        assert False\n")
    known.update()
    known.write("test_search.py", SEARCH)
    ran = known.cost()
    assert (_after(ran), ran.json["comparison"]["added"], ran.rules()) == ((BEFORE, BEFORE), [], [])


def test_updating_twice_writes_the_same_file(known):
    first = (known.root / "llmcost-baseline.json").read_bytes()
    known.update()
    assert (known.root / "llmcost-baseline.json").read_bytes() == first
    known.update("-n", "2")
    assert (known.root / "llmcost-baseline.json").read_bytes() == first


def test_groups_of_xdist_do_not_rename_tests(known):
    known.write(
        "test_search.py", SEARCH.replace("    def", "    import pytest\n    @pytest.mark.xdist_group('g')\n    def")
    )
    ran = known.cost("-n", "2", "--dist=loadgroup")
    assert (_after(ran), ran.rules()) == ((BEFORE, BEFORE), [])
    assert (ran.json["comparison"]["added"], ran.json["comparison"]["removed"]) == ([], [])

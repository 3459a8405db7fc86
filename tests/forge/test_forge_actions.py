"""GitHub Actions: whose pull request a run is for, and the artifact of the base branch, with branches that lie."""

from __future__ import annotations

import pytest
from forge_server import BASE_SHA, HEAD, READ_ONLY, REPOSITORY, artifact, pull, run
from forge_wire import Reply

from pytest_llmcost.forge.actions import Actions, Artifact, Compared, Pull
from pytest_llmcost.forge.failure import DeniedError, DownError, ForgeError, MissingError

FORK = "mallory/shop"
NAME = "llmcost-report"
OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def actions(api):
    return Actions(api, REPOSITORY)


class TestPullRequest:
    """The number never comes from the artifact: the fork could name any."""

    def find(self, actions, **more):
        return actions.find_pull_request(**{"repository": FORK, "branch": "cheaper", "head": HEAD, **more})

    def test_the_one_that_ends_at_the_commit_is_found(self, server, actions):
        server.pulls = [pull(7), pull(8, repository=FORK), pull(9, repository=FORK, branch="other")]
        assert self.find(actions) == Pull(number=8, head=HEAD, base="main", base_sha=BASE_SHA)
        assert server.asked[0].query["head"] == "mallory:cheaper"
        assert server.asked[0].query["state"] == "open"

    def test_one_of_the_repository_itself_is_found(self, server, actions):
        assert self.find(actions, repository=REPOSITORY).number == 7

    def test_names_of_repositories_have_no_case(self, server, actions):
        server.pulls = [pull(8, repository="mallory/Shop")]
        assert self.find(actions).number == 8

    def test_a_newer_commit_leaves_none(self, server, actions):
        server.pulls = [pull(8, repository=FORK, head=NEW)]
        with pytest.raises(ForgeError, match="3f9c2ab: a newer commit was pushed"):
            self.find(actions)

    def test_a_closed_one_does_not_count(self, server, actions):
        server.pulls = [pull(8, repository=FORK, state="closed")]
        with pytest.raises(ForgeError, match="closed"):
            self.find(actions)

    def test_another_repository_of_the_same_owner_does_not_count(self, server, actions):
        server.pulls = [pull(8, repository="mallory/other")]
        with pytest.raises(ForgeError, match="no open pull request"):
            self.find(actions)

    def test_a_fork_that_is_gone_does_not_count(self, server, actions):
        gone = pull(8, repository=FORK)
        gone["head"]["repo"] = None
        server.pulls = [gone]
        with pytest.raises(ForgeError, match="no open pull request"):
            self.find(actions)

    def test_two_are_one_too_many_unless_the_base_tells_them_apart(self, server, actions):
        server.pulls = [
            pull(8, repository=FORK),
            pull(9, repository=FORK, base={"ref": "release", "sha": BASE_SHA}),
        ]
        with pytest.raises(ForgeError, match=r"2 open pull requests have the commit 3f9c2ab \(#8, #9\)"):
            self.find(actions)
        assert self.find(actions, base="release").number == 9
        with pytest.raises(ForgeError, match="no open pull request"):
            self.find(actions, base="develop")

    def test_it_is_found_on_a_later_page(self, server, actions):
        server.pulls = [pull(number, repository=FORK, head=OLD) for number in range(1, 150)]
        server.pulls.append(pull(150, repository=FORK))
        assert self.find(actions).number == 150

    @pytest.mark.parametrize("branch", ["a&state=closed", "a:b", "ä/ö", "x?y#z", "../..", "main", "a b"])
    def test_a_branch_of_any_name_stays_a_name(self, server, actions, branch):
        server.pulls = [pull(8, repository=FORK, branch=branch)]
        assert self.find(actions, branch=branch).number == 8
        assert server.asked[0].query["head"] == f"mallory:{branch}"

    @pytest.mark.parametrize("number", [0, -1, True, "8", 1.0, None, 2**80])
    def test_a_number_that_is_none_is_one_line(self, server, actions, number):
        server.pulls = [{**pull(8, repository=FORK), "number": number}]
        with pytest.raises(ForgeError, match="whole number"):
            self.find(actions)


class TestArtifacts:
    def test_those_of_the_run_are_listed_the_newest_first_without_expired_ones(self, server, actions):
        server.artifacts = [
            artifact(1, 9),
            artifact(3, 9),
            artifact(2, 9),
            artifact(4, 9, expired=True),
            artifact(5, 10),
            artifact(6, 9, name="other"),
        ]
        found = actions.artifacts(9, name=NAME)
        assert [one.number for one in found] == [3, 2, 1]
        at = "2026-11-21T09:30:03Z"
        assert found[0] == Artifact(number=3, name=NAME, size=100, run=9, head=HEAD, created_at=at)

    def test_a_server_that_gives_those_of_another_run_is_not_believed(self, server, actions):
        server.fail(
            "GET", "/runs/9/", Reply(json={"artifacts": [artifact(1, 10), {**artifact(2, 9), "workflow_run": None}]})
        )
        assert actions.artifacts(9, name=NAME) == ()

    def test_a_missing_permission_is_named(self, server, actions):
        server.fail("GET", "/artifacts", Reply(status=403, json=READ_ONLY))
        with pytest.raises(DeniedError, match="`actions: read`"):
            actions.artifacts(9, name=NAME)


class TestDownload:
    def test_the_storage_never_sees_the_token(self, server, storage, actions):
        storage.files = {1: b"PK zip"}
        server.artifacts = [artifact(1, 9)]
        assert actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000) == b"PK zip"
        assert "authorization" not in storage.asked[0].headers
        assert "accept" not in storage.asked[0].headers or "github" not in storage.asked[0].headers["accept"]
        assert storage.asked[0].query == {"sig": "signed"}

    def test_one_that_says_that_it_is_too_long_is_not_asked_for(self, server, storage, actions):
        server.artifacts = [artifact(1, 9, size_in_bytes=1001)]
        with pytest.raises(ForgeError, match="1,001 bytes, 1,000 are allowed"):
            actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000)
        assert storage.asked == []

    def test_one_that_lies_about_its_length_is_cut_off(self, server, storage, actions):
        storage.files = {1: b"x" * 1001}
        server.artifacts = [artifact(1, 9)]
        with pytest.raises(ForgeError, match="more than 1,000 bytes"):
            actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000)

    def test_one_that_has_expired_meanwhile_is_one_line(self, server, actions):
        server.artifacts = [artifact(1, 9)]
        with pytest.raises(MissingError, match="expired"):
            actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000)

    def test_a_storage_that_breaks_once_is_asked_again(self, server, storage, actions, clock):
        storage.files = {1: b"zip"}
        storage.fail("GET", "/1", Reply(status=503))
        server.artifacts = [artifact(1, 9)]
        assert actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000) == b"zip"
        assert clock.slept == [1]

    @pytest.mark.parametrize(
        "location",
        ["http://attacker.invalid/x", "ftp://h/x", "file:///etc/passwd", "//attacker.invalid/", "https://a b/"],
    )
    def test_a_redirect_to_an_unsafe_place_is_not_followed(self, server, actions, location):
        server.fail("GET", "/zip", Reply(status=302, headers={"Location": location}))
        server.artifacts = [artifact(1, 9)]
        with pytest.raises(ForgeError, match="not safe"):
            actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000)

    def test_a_redirect_in_a_circle_ends(self, server, actions):
        server.fail("GET", "/zip", Reply(status=302, headers={"Location": ""}), times=50)
        server.artifacts = [artifact(1, 9)]
        with pytest.raises(ForgeError, match="more than 3 times"):
            actions.download(actions.artifacts(9, name=NAME)[0], at_most=1000)


class TestBase:
    def newest(self, actions, prefer=None):
        return actions.base_artifact(workflow="tests.yml", branch="main", name=NAME, prefer=prefer)

    def test_the_newest_good_push_is_taken(self, server, actions):
        server.runs = [run(1, head=OLD), run(2, head=NEW), run(3, head="c" * 40, conclusion="failure")]
        server.artifacts = [artifact(11, 1), artifact(12, 2), artifact(13, 3)]
        assert self.newest(actions).number == 12

    def test_that_of_the_merge_base_is_preferred(self, server, actions):
        server.runs = [run(1, head=OLD), run(2, head=NEW)]
        server.artifacts = [artifact(11, 1, head=OLD), artifact(12, 2, head=NEW)]
        assert self.newest(actions, OLD).head == OLD

    def test_that_of_a_merge_base_far_back_is_asked_for(self, server, actions):
        server.runs = [run(number, head=f"{number:040}") for number in range(1, 60)]
        server.artifacts = [artifact(number + 100, number) for number in range(1, 60)]
        assert self.newest(actions, f"{3:040}").run == 3
        assert self.newest(actions, "d" * 40).run == 59

    def test_a_fork_whose_branch_is_called_main_does_not_poison_it(self, server, actions):
        server.runs = [run(1, head=OLD), run(2, head=NEW, repository=FORK), run(3, head=NEW, head_repository=None)]
        server.artifacts = [artifact(11, 1), artifact(12, 2), artifact(13, 3)]
        assert self.newest(actions).number == 11
        assert self.newest(actions, NEW).number == 11

    @pytest.mark.parametrize("lie", [{"event": "pull_request"}, {"head_branch": "other"}, {"conclusion": "failure"}])
    def test_a_server_that_knows_no_filter_is_not_believed(self, server, actions, lie):
        runs = [run(2, head=NEW, **lie), run(1, head=OLD)]
        server.fail("GET", "/workflows/", Reply(json={"workflow_runs": runs}))
        server.artifacts = [artifact(11, 1), artifact(12, 2)]
        assert self.newest(actions).number == 11

    def test_a_run_without_an_artifact_or_with_an_expired_one_is_passed_over(self, server, actions):
        server.runs = [run(1, head=OLD), run(2, head=NEW), run(3, head="c" * 40)]
        server.artifacts = [artifact(11, 1), artifact(12, 2, expired=True)]
        assert self.newest(actions).number == 11

    def test_nothing_at_all_is_one_line_that_says_what_to_do(self, server, actions):
        with pytest.raises(MissingError, match=r"no push to 'main' has left an artifact 'llmcost-report'.*tests\.yml"):
            self.newest(actions)

    def test_a_missing_permission_is_named(self, server, actions):
        server.fail("GET", "/workflows/", Reply(status=403, json=READ_ONLY))
        with pytest.raises(DeniedError, match="`actions: read`"):
            self.newest(actions)

    def test_the_workflow_of_a_run_is_known_by_its_number(self, server, actions):
        server.runs = [run(1, head=OLD)]
        server.artifacts = [artifact(11, 1)]
        number = actions.workflow_of(1)
        assert actions.base_artifact(workflow=number, branch="main", name=NAME).number == 11

    def test_a_server_that_is_down_is_an_error_of_its_own(self, server, actions):
        server.fail("GET", "/workflows/", None, times=100)
        with pytest.raises(DownError):
            self.newest(actions)


def test_two_commits_are_compared(server, actions):
    assert actions.compared("release/1.0", HEAD) == Compared(merge_base=BASE_SHA, ahead=3, behind=2)
    assert server.asked[0].path.endswith(f"/compare/release/1.0...{HEAD}")
    assert server.asked[0].raw_path.endswith(f"/compare/release%2F1.0...{HEAD}")


def test_a_repository_that_is_none_is_refused(api):
    with pytest.raises(ForgeError, match="owner/name"):
        Actions(api, "shop")

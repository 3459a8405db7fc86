"""What a failure shows is the same with us and without: no frame of ours stands in it."""

import re

import pytest

SUITE = {
    "conftest.py": """
        import pytest

        @pytest.fixture
        def broken():
            raise RuntimeError("in a fixture of another file")

        @pytest.fixture(scope="session")
        def broken_for_all():
            raise RuntimeError("in a shared fixture of another file")

        @pytest.fixture
        def broken_at_the_end():
            yield
            raise RuntimeError("in a teardown of another file")
        """,
    "test_it.py": """
        from unittest.mock import patch

        @patch("no_such_module.function")
        def test_decorated(function): ...

        def test_fixture(broken): ...

        def test_shared_fixture(broken_for_all): ...

        def test_teardown(broken_at_the_end): ...
        """,
}


@pytest.mark.parametrize("style", ["short", "long", "line"])
def test_a_failure_beyond_the_code_of_a_test_shows_no_frame_of_ours(project, style):
    for path, text in SUITE.items():
        project.write(path, text)
    without, ran = project.run(f"--tb={style}"), project.cost(f"--tb={style}")
    assert "in a teardown of another file" in "\n".join(without.lines)
    shown = [_failures(one.lines) for one in (without, ran)]
    assert shown[0] == shown[1]


def _failures(lines):
    """Return what is between the heading of the errors and what follows them, without addresses."""
    first = next(at for at, line in enumerate(lines) if "= ERRORS =" in line or "= FAILURES =" in line)
    last = next(at for at, line in enumerate(lines) if "= LLM cost =" in line or "short test summary" in line)
    return [re.sub(r"0x[0-9a-f]+", "0x", line) for line in lines[first:last]]

"""Begins to record in a Python that a test has started, once the user's own file of this name has run."""  # noqa: INP001 - Python finds it by its folder

import contextlib
import sys
from pathlib import Path


def _run_the_users_own() -> None:
    here = str(Path(__file__).parent)
    this = sys.modules.pop(__name__)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the user's
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault(__name__, this)  # where there is none, for Python itself looks there


try:
    _run_the_users_own()
finally:
    with contextlib.suppress(Exception):  # another version of Python, without the plugin: it is not recorded
        from pytest_llmcost.process.child import begin

        begin()

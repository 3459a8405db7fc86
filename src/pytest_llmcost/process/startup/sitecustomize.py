"""Begins to record in a Python that a test has started, once the user's own file of this name has run."""  # noqa: INP001 - Python finds it by its folder

from __future__ import annotations  # a Python of any version may read this file

import contextlib
import os
import sys
from pathlib import Path

_HERE = str(Path(__file__).parent)
_VARIABLE, _HIDDEN = "PYTEST_LLMCOST_CHILD", "PYTEST_LLMCOST_HIDDEN"


def _given() -> str | None:
    """Return what the run has given; a process with an environment of its own sees that as it was meant."""
    given = os.environ.get(_VARIABLE)
    hidden = os.environ.pop(_HIDDEN, None)
    if given is not None and hidden is not None:
        del os.environ[_VARIABLE]
        os.environ["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")[len(_HERE) + len(os.pathsep) :]
        if hidden == "unset":
            del os.environ["PYTHONPATH"]
    return given


def _run_the_users_own() -> None:
    this = sys.modules.pop(__name__)
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the user's
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault(__name__, this)  # where there is none, for Python itself looks there


_text = None
with contextlib.suppress(Exception):
    _text = _given()
try:
    _run_the_users_own()
finally:
    with contextlib.suppress(Exception):  # another version of Python, without the plugin: it is not recorded
        if _text is not None:
            from pytest_llmcost.process.child import begin

            begin(_text)

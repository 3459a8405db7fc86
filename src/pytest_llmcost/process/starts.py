"""Starts: a Python that is given an environment of its own is recorded too; what cannot be is told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcost.capture.owner import excluded
from pytest_llmcost.capture.patches import replaced
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.process.folder import HIDDEN, STARTUP, VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_llmcost.capture.recorder import Recorder

_EXECUTABLE, _SHELL, _ENV = 2, 8, 10
"""Where `Popen` has these arguments, the command itself being the first."""
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*[dtw]*(?:\.exe)?", re.IGNORECASE)
_STARTERS = frozenset({
    *("sh", "bash", "dash", "zsh", "env", "make", "tox", "nox"),
    *("uv", "uvx", "poetry", "pdm", "hatch", "pipenv", "rye", "pixi", "conda", "mamba"),
})  # fmt: skip
"""Programs that are no Python, and are used to start one."""
_FIRST_LINE = 256


class _Started(NamedTuple):
    """What is about to be started.

    Attributes:
        name: of the program, without its folder. Arguments may hold secrets: none is kept.
        is_python: its own interpreter, or a script for one.
        barred: the option by which that Python looks at no variable or starts nothing of ours; empty for none.
    """

    name: str
    is_python: bool
    barred: str


@contextmanager
def starts(recorder: Recorder, given: Callable[[], str | None]) -> Iterator[None]:
    """Look at each `Popen` until the block ends.

    `given()` is the value that our variable has for what is started now; None while nothing is to be recorded.
    """
    original = subprocess.Popen.__init__

    @wraps(original)
    def init(popen: Any, /, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            text = given() if recorder.open else None
            if text is not None:
                args, kwargs = _completed(recorder, text, args, kwargs)
        except Exception as error:
            recorder.fault(error)
        return original(popen, *args, **kwargs)

    with replaced(subprocess.Popen, "__init__", init, recorder):
        yield


def _completed(
    recorder: Recorder, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with which what is started is recorded; as they are where they do or where nothing helps."""
    own = _argument(args, kwargs, _ENV, "env")
    env: Mapping[str, str] = os.environ if own is None else own
    started = _started(args, kwargs, env.get("PATH")) if isinstance(env, Mapping) else None
    if started is None:
        return args, kwargs
    if started.is_python and started.barred:
        _tell(recorder, started.name, f"with {started.barred}")
        return args, kwargs
    is_ours = VARIABLE in env
    if is_ours and STARTUP in env.get("PYTHONPATH", "").split(os.pathsep):
        return args, kwargs
    takes_ours = all(isinstance(name, str) for name in env)
    if not ((is_ours or started.is_python) and takes_ours):
        if started.is_python or started.name in _STARTERS:
            _tell(recorder, started.name, "with an environment of its own")
        return args, kwargs
    whole = _with_ours(env, text)
    if len(args) > _ENV:
        return (*args[:_ENV], whole, *args[_ENV + 1 :]), kwargs
    return args, {**kwargs, "env": whole}


def _with_ours(env: Mapping[str, str], text: str) -> dict[str, str]:
    """Return an environment with ours in it, which the process hides from itself where it was not to have it."""
    path = env.get("PYTHONPATH")
    whole = {**env, "PYTHONPATH": os.pathsep.join(filter(None, (STARTUP, path)))}
    if VARIABLE not in env:
        whole |= {VARIABLE: text, HIDDEN: "unset" if path is None else "set"}
    return whole


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any], position: int, name: str) -> Any:
    return args[position] if len(args) > position else kwargs.get(name)


def _started(args: tuple[Any, ...], kwargs: dict[str, Any], path: str | None) -> _Started | None:
    """Return what these arguments start; None where `Popen` itself will complain."""
    command = _argument(args, kwargs, 0, "args")
    executable = _argument(args, kwargs, _EXECUTABLE, "executable")
    if _argument(args, kwargs, _SHELL, "shell"):
        return _Started("sh", is_python=False, barred="")  # the words of its command may be secrets
    words: list[Any] = [command] if isinstance(command, (str, bytes, os.PathLike)) else list(command or ())
    if os.name == "nt" and isinstance(command, str):
        words = command.split()
    if not words:
        return None
    texts = [os.fsdecode(word) for word in words]
    program = texts[0] if executable is None else os.fsdecode(executable)
    name = Path(program.replace("\\", "/")).name if os.name == "nt" else Path(program).name
    if program == sys.executable or _PYTHON.fullmatch(name):
        return _Started(name, is_python=True, barred=_barred(texts[1:]))
    line = _interpreter(program, path)
    return _Started(name, is_python="python" in line, barred=_barred(line.split()[1:]))


def _interpreter(program: str, path: str | None) -> str:
    """Return the line by which a script names its interpreter; empty for a program that is none."""
    place = shutil.which(program, path=path)
    if place is None:
        return ""
    try:
        with Path(place).open("rb") as script:
            head = script.read(_FIRST_LINE)
    except OSError:
        return ""
    return head.partition(b"\n")[0][2:].decode("utf-8", "replace") if head.startswith(b"#!") else ""


def _barred(options: Sequence[str]) -> str:
    """Return the first of `-I`, `-E` and `-S` among the options of a Python; empty for none."""
    words = iter(options)
    for word in words:
        if not word.startswith("-") or word == "-":
            return ""
        for at, letter in enumerate(word[1:] if not word.startswith("--") else "", 2):
            if letter in "IES":
                return f"-{letter}"
            if letter in "cm":
                return ""
            if letter in "XW":
                if at == len(word):
                    next(words, None)
                break
    return ""


def _tell(recorder: Recorder, name: str, how: str) -> None:
    if excluded():
        return
    owner = recorder.owners.current()
    recorder.notice(
        Finding(
            rule="not-captured",
            severity=Severity.NOTICE,
            subject=owner.test or owner.phase,
            location=recorder.place(sys._getframe(3)).site,  # noqa: SLF001 - who starts it
            message=f"{name} was started {how}, so no call that is made there is recorded: its tokens are in no total;"
            " tell them with llmcost.record()",
        )
    )

"""Scenes of other processes: what a test starts, and what runs in it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from unittest import mock

from fault_http import ask, ask_server
from fault_limits import refused, terms
from fault_play import ROOT, TEST, as_hooks_do, reading, recorder, scene

from pytest_llmcost import process
from pytest_llmcost.capture.owner import exclude
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.process.child import Child
from pytest_llmcost.process.folder import Folder
from pytest_llmcost.process.starts import starts

NOTHING = "pass"


@contextmanager
def _folder(*, is_limited=False):
    """Make the folder of a run, and hear what is told there as the plugin does."""
    with tempfile.TemporaryDirectory() as name:
        with as_hooks_do():
            folder = Folder(Path(name))
            if is_limited:
                folder.set_terms(terms(Path(name)))
            folder.set_active(TEST)
        yield Path(name)
        with as_hooks_do():
            folder.has_news()
            reading().children = folder
            reading().so_far(TEST.test, TEST.attempt)


@scene()
def in_a_fork():
    """Ask in a process that was forked, as it is then told."""
    with _folder() as path:
        with as_hooks_do():
            child = Child(recorder(), Folder(path))
        asked = ask(), ask_server()
        with as_hooks_do():
            child.finish()
        return asked


@scene()
def in_a_child():
    """Ask in a process that a test has started, and start another one there."""
    with _folder() as path:
        return _begun(path, ask, ask, partial(_run, [sys.executable, "-I", "-S", "-c", NOTHING]))


@scene()
def in_a_child_with_a_limit():
    """Ask until the limit that all processes share is reached."""
    with _folder(is_limited=True) as path:
        return _begun(path, *[partial(refused, ask_server)] * 3)


def _begun(path, *asks):
    """Be a process that a test has started, for as long as the scene lasts; it forks after the first thing it does."""
    finishing, forking, watching = [], [], ExitStack()

    def watched(recorder):
        kept = watch(recorder)
        watching.push(kept)
        return kept

    def at_fork(*, after_in_child):
        forking.append(after_in_child)

    with watching, mock.patch.object(process.child, "watch", watched):
        given = json.dumps([str(path), ROOT, [], [TEST.test, TEST.phase, TEST.attempt]])
        with (
            mock.patch.object(atexit, "register", finishing.append),
            mock.patch.object(os, "register_at_fork", at_fork),
            suppress(Exception),  # as sitecustomize.py does
        ):
            process.child.begin(given)
        did = [asks[0]()]
        for forked in forking:
            forked()
        did += [one() for one in asks[1:]]
        for finish in finishing:
            finish()
        return did


@contextmanager
def _starting():
    """Look at what is started, as the plugin does."""
    with ExitStack() as looking:
        with as_hooks_do():
            looking.enter_context(starts(recorder(), lambda: "a variable of nothing"))
        yield


def _run(*args, **options):
    return subprocess.run(
        *args, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    ).returncode


@scene()
def starts_pythons():
    """Start Python so that it looks at no variable."""
    with _starting():
        said = [_run([sys.executable, "-S", "-c", NOTHING], env={"PYTHONPATH": ""})]
        with subprocess.Popen([sys.executable, "-X", "dev", "-Ic", NOTHING], -1, None, None, None, None) as started:
            said.append(started.wait())
        with exclude():
            said.append(_run([sys.executable, "-S", "-c", NOTHING]))
        return said


@scene()
def starts_scripts():
    """Start a shell, a script that another program runs, and what has the name of Python, each with an environment."""
    with tempfile.TemporaryDirectory() as folder, _starting():
        said = [_run("exit 3", shell=True, env={"PATH": os.defpath})]
        for name in ("script", "python3"):
            script = Path(folder) / name
            script.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
            script.chmod(0o700)
            try:
                said.append(_run([script], env={"PATH": os.defpath}))
            except OSError as error:  # where files need an ending to be programs
                said.append(type(error).__name__)
        try:
            subprocess.Popen()  # type: ignore[call-overload]
        except TypeError as error:
            return [*said, str(error)]

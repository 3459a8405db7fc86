"""Children: lets the processes that tests start record too, and hears what they tell."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

import pytest

from pytest_llmcost.capture.owner import OUTSIDE
from pytest_llmcost.process.child import Child
from pytest_llmcost.process.folder import STARTUP, VARIABLE, Folder
from pytest_llmcost.process.starts import starts

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pytest_llmcost.capture.owner import Owner
    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.process.folder import Told
    from pytest_llmcost.process.spend import Terms

_open: WeakSet[Children] = WeakSet()


class Children:
    """Changes the environment while tests are collected and while one runs, and puts it back. A plugin of pytest.

    Args:
        recorder: that of this process.
        root: the project's root folder.
        judges: files or packages whose calls judge the product.
        terms: what the run may spend; None for no limit.
        inside: where to make the folder; None for where the system keeps such.
    """

    def __init__(
        self, recorder: Recorder, root: str, judges: Sequence[str], terms: Terms | None, inside: str | None
    ) -> None:
        self._recorder = recorder
        self._given = (root, list(judges))
        self._terms, self._inside = terms, inside
        self._text: str | None = None
        self._folder: Folder | None = None
        self._before: dict[str, tuple[str | None, str]] = {}
        recorder.owners.on_change = self._changed
        self._process = os.getpid()
        self._patches = ExitStack()
        self._patches.enter_context(starts(recorder, lambda: self._text))
        _open.add(self)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Record what is started while files are imported; workers of pytest-xdist are started before."""
        with suppress(Exception):  # then it is not recorded
            self._give(OUTSIDE)
        try:
            return (yield)
        finally:
            self._put_back()

    def _changed(self, owner: Owner) -> None:
        if owner == OUTSIDE:
            self._put_back()
        else:
            self._give(owner)

    def _give(self, owner: Owner) -> None:
        if self._folder is None:
            self._folder = Folder(Path(tempfile.mkdtemp(prefix="llmcost-children-", dir=self._inside)))
            if self._terms is not None:
                self._folder.set_terms(self._terms)
        self._folder.set_active(owner)
        self._text = json.dumps([str(self._folder.path), *self._given, [owner.test, owner.phase, owner.attempt]])
        self._put(VARIABLE, self._text)
        present = os.environ.get("PYTHONPATH", "")
        if STARTUP not in present.split(os.pathsep):
            self._put("PYTHONPATH", os.pathsep.join(filter(None, (STARTUP, present))))

    def _put(self, name: str, value: str) -> None:
        before = self._before[name][0] if name in self._before else os.environ.get(name)
        self._before[name] = (before, value)
        os.environ[name] = value

    def _put_back(self) -> None:
        self._text = None
        for name, (before, ours) in self._before.items():
            if os.environ.get(name) != ours:
                continue  # the user has changed it since
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
        self._before.clear()

    def fork(self) -> None:
        """Become a process that tells."""
        if self._folder is not None:
            Child(self._recorder, self._folder, self._terms)

    def has_news(self) -> bool:
        """Tell whether a process may have told something."""
        return self._folder is not None and self._folder.has_news()

    def heard(self) -> list[Told]:
        """Return what the processes have told since the last time."""
        return [] if self._folder is None else self._folder.heard()

    def close(self) -> None:
        """Hear nothing more, and leave nothing behind."""
        _open.discard(self)
        self._patches.close()
        self._recorder.owners.on_change = None
        self._put_back()
        if self._folder is not None and self._process == os.getpid():
            with suppress(OSError):
                shutil.rmtree(self._folder.path)


def _forked() -> None:
    for children in list(_open):
        with suppress(Exception):
            children.fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)  # cannot be undone, hence once

"""Two runs at once, in an order that the test says."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Turns:
    """Lets those who take part do one thing at a time, in this order; when it is used up, in any order."""

    def __init__(self, order: Iterable[str]) -> None:
        self._order = deque(order)
        self._finished: set[str] = set()
        self._is_busy = False
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        with self._changed:
            assert self._changed.wait_for(lambda: self._is_next(name), timeout=60), f"{name} never had its turn"
            if self._order:
                self._order.popleft()
            self._is_busy = True
        try:
            yield
        finally:
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()

    def finish(self, name: str) -> None:
        with self._changed:
            self._finished.add(name)
            self._changed.notify_all()

    def _is_next(self, name: str) -> bool:
        while self._order and self._order[0] in self._finished:
            self._order.popleft()
        return not self._is_busy and (not self._order or self._order[0] == name)


def together(
    tasks: Mapping[str, Callable[[], object]], finish: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Run the tasks at once, each in a thread of its own, and return what they return, or raise what one raises."""
    results: dict[str, object] = {}
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            results[name] = tasks[name]()
        except BaseException as error:
            errors.append(error)
        finally:
            finish(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results

"""Prints the CPU milliseconds that the inactive plugin spends inside a pytest process: its import and its hooks."""

from __future__ import annotations

import functools
import time

import pytest

HOOKS = ("pytest_addoption", "pytest_configure", "pytest_collection_modifyitems")


def main() -> None:
    """Import the plugin after pytest, wrap its hooks, and run pytest on this folder."""
    begun = time.process_time()
    from pytest_llmcost import plugin

    spent = [time.process_time() - begun]
    for name in HOOKS:
        setattr(plugin, name, timed(getattr(plugin, name), spent))
    pytest.main(["-q", "-p", "no:cacheprovider", "--collect-only"])
    print(f"\n{sum(spent) * 1e3:.3f}")


def timed(hook, spent):
    """Wrap a hook so that its CPU time is added up; what pytest knows of it stays."""

    @functools.wraps(hook)
    def wrapper(*args, **kwargs):
        begun = time.process_time()
        try:
            return hook(*args, **kwargs)
        finally:
            spent.append(time.process_time() - begun)

    return wrapper


if __name__ == "__main__":
    main()

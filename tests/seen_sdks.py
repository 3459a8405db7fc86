"""The table of SDKs and modes in docs/what-is-seen.md, read from the cases in tests/sdks and from pyproject."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HEAD = ("SDK", "versions", "through", "whole reply", "stream", "left early", "`.stream()`", "raw response",
        "streaming response", "parsed", "embeddings", "retries", "also")  # fmt: skip
"""The columns; those from `whole reply` to `retries` tell in which form a mode is tested."""
_MODES = {
    "left early": (", left", "never read"),
    "retries": ("429",),
    "embeddings": ("embed",),
    "raw response": ("with_raw_response",),
    "streaming response": ("with_streaming_response",),
    "`.stream()`": (".stream()",),
    "parsed": ("parse", "structured output"),
    "stream": ("stream", "astream"),
}
"""By column: words in the mode of a case, of which one is enough. The first column that fits has the case."""
_WHOLE = re.compile(
    r"(chat|messages|generate_content|create|a?completion|a?invoke|run|run_sync|converse|invoke_model|post|request|urlopen)"
    r"(, async\b.*)?"
)
"""The modes of the column `whole reply`."""
_ASYNC = re.compile(r"\basync\b|^(acompletion|ainvoke|astream|abatch|aembedding|run|run_stream)\b")
_PACKAGES = {"pydantic-ai": "pydantic-ai-slim"}
"""Packages whose name is not that of the SDK."""


_ORDER = ("openai", "anthropic", "google", "boto3", "hosted", "litellm", "frameworks", "clients")


class Case(NamedTuple):
    """One use of an SDK: its name, what is below it, and how it is used."""

    sdk: str
    through: str
    mode: str


def cases() -> list[Case]:
    """Return the cases, SDK by SDK."""
    paths = sorted((ROOT / "tests" / "sdks").glob("test_*.py"), key=lambda path: (_place(path), path.name))
    return [case for path in paths for case in _of(path)]


def _place(path: Path) -> int:
    """Return where a file stands among the others: first those that most people use, clients last."""
    name = path.stem.removeprefix("test_sdks_")
    return _ORDER.index(name) if name in _ORDER else 0


def _of(path: Path) -> list[Case]:
    """Read `NAME = Cases("sdk", "through")`, and `@NAME("mode", ...)` above functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {name: told for node in tree.body for name, told in _named(node)}
    marks = [
        mark
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name)
    ]
    both = {"of_both": ("HTTPX", "HTTPX2")}
    unknown = {mark.func.id for mark in marks} - {*named, *both}  # type: ignore[attr-defined]
    if unknown:
        raise ValueError(f"{path.name}: {', '.join(sorted(unknown))} is no list of cases that this file can read")
    return [
        Case(*told, ast.literal_eval(mark.args[0]))
        for name, told in named.items()
        for mark in marks
        if name in both.get(mark.func.id, (mark.func.id,))  # type: ignore[attr-defined]
    ]


def _named(node: ast.stmt) -> list[tuple[str, tuple[str, str]]]:
    if not isinstance(node, ast.Assign):
        return []
    pairs = [(node.targets[0], node.value)]
    if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
        pairs = list(zip(node.targets[0].elts, node.value.elts, strict=True))
    return [
        (name.id, tuple(map(ast.literal_eval, made.args)))  # type: ignore[misc]
        for name, made in pairs
        if isinstance(name, ast.Name) and isinstance(made, ast.Call) and ast.unparse(made.func) == "Cases"
    ]


def column(mode: str) -> str:
    """Return the column of a mode, `also` for one that has none."""
    if _WHOLE.fullmatch(mode):
        return "whole reply"
    return next((name for name, words in _MODES.items() if any(word in mode for word in words)), "also")


def lines() -> list[tuple[str, ...]]:
    """Return the cells of each SDK."""
    found: dict[tuple[str, str], list[str]] = {}
    for case in cases():
        found.setdefault((case.sdk, case.through), []).append(case.mode)
    return [(sdk, _versions(sdk), through, *_cells(modes)) for (sdk, through), modes in found.items()]


def _cells(modes: list[str]) -> list[str]:
    forms: dict[str, set[str]] = {name: set() for name in HEAD[3:]}
    for mode in modes:
        forms[column(mode)].add(mode if column(mode) == "also" else "async" if _ASYNC.search(mode) else "sync")
    *told, rest = (forms[name] for name in HEAD[3:])
    more = [mode for mode in modes if mode in rest]
    return [*(", ".join(sorted(cell, reverse=True)) for cell in told), "; ".join(more)]


def _versions(sdk: str) -> str:
    """Return the versions that tests run with, of each environment; Python's own modules have none."""
    name = sdk.partition(",")[0]
    name = _PACKAGES.get(name, name).replace("_", "-")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pattern = re.compile(rf"{re.escape(name)}(?![\w.-])(.*)")
    ranges = [found[1] for group in ("sdks", "litellm") for one in groups[group] if (found := pattern.fullmatch(one))]
    return " or ".join(f"`{found}`" for found in dict.fromkeys(filter(None, ranges))) or "Python's own"

"""The tables of docs/what-is-seen.md: every test that carries `@pytest.mark.seen(...)`, and the cases of SDKs."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

import seen_sdks

TESTS = Path(__file__).parent

AREAS = {
    "client": "HTTP clients",
    "replay": "Recording and replaying",
    "mock": "Mock tools",
    "fake": "Fakes that no wire shows",
    "not": "Not seen, and said so",
}
"""The sections of the page, in order, by the `area` of a row."""
COLUMNS = {
    "client": ("client", "origin", "streams"),
    "replay": ("tool", "client", "origin", "streams"),
    "mock": ("tool", "client", "origin", "streams"),
    "fake": ("fake", "stands for", "its tokens are", "origin"),
    "not": ("library or fake", "used for", "what you get"),
}


@dataclass(frozen=True)
class Row:
    """One marker.

    Attributes:
        area: a key of AREAS.
        cells: what stands in the columns of the area, from left to right.
        file, test: where the test is, without parameters.
        more: the other keywords of the marker: what else the test is held to.
    """

    area: str
    cells: tuple[str, ...]
    file: str
    test: str
    more: dict[str, object] = field(default_factory=dict)


_CELLS = {
    "client": ("client", "origin", "streams"),
    "replay": ("name", "client", "origin", "streams"),
    "mock": ("name", "client", "origin", "streams"),
    "fake": ("name", "client", "usage", "origin"),
    "not": ("name", "client", "finding"),
}
"""By area: the keywords of the marker that give the cells."""


def rows() -> list[Row]:
    """Return every row, by area and then in the order of files and lines."""
    found = [row for path in sorted(TESTS.rglob("*.py")) for row in _of(path)]
    order = list(AREAS)
    return sorted(found, key=lambda row: order.index(row.area))


def _of(path: Path) -> list[Row]:
    text = path.read_text(encoding="utf-8")
    if "mark.seen(" not in text:
        return []
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        _row(str(path.relative_to(TESTS)), function.name, mark)
        for function in sorted(functions, key=lambda node: node.lineno)
        for mark in function.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.seen")
    ]


def _row(file: str, test: str, mark: ast.Call) -> Row:
    told = {keyword.arg: ast.literal_eval(keyword.value) for keyword in mark.keywords}
    area = str(told["area"])
    cells = tuple(str(told[name]) for name in _CELLS[area])
    return Row(area, cells, file, test, {name: value for name, value in told.items() if name != "area"})


_SDKS = (
    "Against a server on this machine: each use is one call with its usage, each attempt of a retry is one more, but",
    "for those that botocore makes by itself. In an empty cell no test shows it, mostly since the SDK has no such use.",
)


def page() -> str:
    """Return the tables of the page."""
    head = seen_sdks.HEAD
    lines = ["## SDKs, frameworks and clients", "", *_SDKS, "", _line(head), _line(["---"] * len(head))]
    lines += [*map(_line, seen_sdks.lines()), ""]
    found = rows()
    for area, title in AREAS.items():
        own = dict.fromkeys(_shown(row) for row in found if row.area == area)
        if own:
            head = COLUMNS[area]
            lines += [f"## {title}", "", _line(head), _line(["---"] * len(head)), *(_line(cells) for cells in own), ""]
    return "\n".join(lines)


def _shown(row: Row) -> tuple[str, ...]:
    """Add the finding of a row that has one besides its calls."""
    finding = row.more.get("finding")
    if finding is None:
        return row.cells
    link = f"[`{finding}`](findings.md#{finding})"
    if row.area == "not":
        return (*row.cells[:-1], link)
    return (*row.cells[:2], f"{row.cells[2]}, with {link}", *row.cells[3:])


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""docs/configuration.md and the schema say the same: keys, types, defaults, examples."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import tomli

from pytest_llmcost.config import parse, schema
from pytest_llmcost.errors import ConfigurationError

PAGE = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    key: str
    type: str
    default: str
    example: str
    meaning: str


def documented() -> dict[str, Row]:
    """Every row of the page by the path of its key."""
    rows: dict[str, Row] = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        heading = re.match(r"`\[tool\.llmcost\.?(.*)\]`", section)
        for line in section.splitlines():
            if heading and line.startswith("| `"):
                row = Row(*(cell.strip() for cell in line.strip("|").split(" | ")))
                rows[".".join(filter(None, (heading[1], row.key.strip("`"))))] = row
    return rows


def of_schema(node: dict[str, Any], path: str = "", *, required: bool = False) -> dict[str, dict[str, Any]]:
    """Every key of the schema that holds a value, by path; a name that the user chooses is `<name>`."""
    if node.get("type") != "object":
        return {path: node | {"required": required}}
    below = {name: (child, name in node.get("required", ())) for name, child in node.get("properties", {}).items()}
    if node["additionalProperties"]:
        below = {"<name>": (node["additionalProperties"], False)}
    found: dict[str, dict[str, Any]] = {}
    for name, (child, needed) in below.items():
        found |= of_schema(child, f"{path}.{name}".lstrip("."), required=needed)
    return found


DOCUMENTED = documented()
DECLARED = of_schema(schema())


def toml_value(cell: str) -> Any:
    return json.loads(json.dumps(tomli.loads(f"value = {cell.strip('`')}")["value"], default=str))


def test_the_page_and_the_schema_have_the_same_keys() -> None:
    assert len(DECLARED) > 50
    assert set(DOCUMENTED) == set(DECLARED)


@pytest.mark.parametrize("path", DECLARED)
def test_the_page_tells_type_and_default_as_the_schema_does(path: str) -> None:
    row, declared = DOCUMENTED[path], DECLARED[path]
    types = {"array": "list", "string": "date" if "format" in declared else "string"}
    kind = declared.get("type", "string")
    assert row.type == types.get(kind, kind)
    if "default" in declared:
        assert toml_value(row.default) == declared["default"]
    else:
        assert row.default == ("required" if declared["required"] else "unset")


@pytest.mark.parametrize("path", DECLARED)
def test_the_example_of_a_key_is_valid_and_not_the_default(path: str) -> None:
    example = toml_value(DOCUMENTED[path].example)
    jsonschema.Draft202012Validator(DECLARED[path] | {"required": []}).validate(example)
    assert example != DECLARED[path].get("default")


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL))
def test_the_examples_on_the_page_are_accepted(example: str) -> None:
    table = tomli.loads(example, parse_float=Decimal)["tool"]["llmcost"]
    assert parse(table, file="docs/configuration.md")


def test_the_scenarios_on_the_page_are_the_defaults() -> None:
    (example,) = re.findall(r"```toml\n(\[tool\.llmcost\.scenarios\.base\].*?)```", PAGE, flags=re.DOTALL)
    table = tomli.loads(example, parse_float=Decimal)["tool"]["llmcost"]
    assert parse(table, file="x").scenarios == parse({}, file="x").scenarios


@pytest.mark.parametrize("line", re.findall(r"^pyproject\.toml: .*$", PAGE, flags=re.MULTILINE))
def test_the_problems_on_the_page_are_what_is_printed(line: str) -> None:
    bad = {"features": {"support_chat": {"budgets": {}, "requests_per_month": "many"}}}
    with pytest.raises(ConfigurationError) as caught:
        parse(bad, file="pyproject.toml")
    assert line in caught.value.problems

"""`[tool.llmcost]` of pyproject.toml -> frozen Settings, or every problem of the table at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.core.settings import Settings
from pytest_llmcost.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["headline", "load", "parse", "schema"]


def load(path: Path | None, root: Path) -> Settings:
    """The settings of a project.

    Args:
        path: the TOML file that the user named; it must exist and hold the table. None reads pyproject.toml.
        root: the root of the project; without pyproject.toml, or without the table in it, the defaults hold.

    Raises:
        ConfigurationError: the file cannot be read, is not TOML, or the table is wrong.
    """
    file = "pyproject.toml" if path is None else str(path)
    source = root / file if path is None else path
    if path is None and not source.exists():
        return Settings()
    table = _table(_read(source, file), file)
    if table is None:
        if path is not None:
            raise ConfigurationError(f"{file}: there is no [tool.llmcost] table in this file")
        return Settings()
    return parse(table, file=file)


def parse(table: Mapping[str, object], *, file: str) -> Settings:
    """The settings of a `[tool.llmcost]` table; `file` is what the problems name.

    Raises:
        ConfigurationError: with one line per problem.
    """
    if not table:
        return Settings()
    from pytest_llmcost.config.build import settings
    from pytest_llmcost.config.combinations import impossible
    from pytest_llmcost.config.problems import validated
    from pytest_llmcost.config.tables import ROOT

    values, problems = validated(table, ROOT)
    problems += impossible(table)
    if problems or values is None:
        raise ConfigurationError(*(problem.line(file) for problem in sorted(problems, key=lambda one: one.table)))
    return settings(values)


def headline(settings: Settings, name: str | None, option: str) -> Settings:
    """The settings with the headline scenario that was asked for by `option`; as they are where none was.

    Raises:
        ConfigurationError: there is no such scenario.
    """
    if name is None:
        return settings
    names = [scenario.name for scenario in settings.scenarios]
    if name not in names:
        raise ConfigurationError(f"{option}={name}: there is no such scenario; there are {', '.join(names)}")
    from dataclasses import replace

    return replace(settings, scenario=name)


def known_features(settings: Settings, names: Iterable[str], option: str) -> None:
    """Refuse names that are no features.

    Raises:
        ConfigurationError: one line for each of them.
    """
    from pytest_llmcost.config.problems import suggestion

    features = [feature.name for feature in settings.features]
    problems = [
        f"{option}={name}: there is no such feature; "
        + (suggestion(name, features, what="features") if features else "none is declared in [tool.llmcost.features]")
        for name in names
        if name not in features
    ]
    if problems:
        raise ConfigurationError(*problems)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the table."""
    from pytest_llmcost.config.json_schema import schema

    return schema()


def _read(source: Path, file: str) -> dict[str, Any]:
    from decimal import Decimal

    import tomli

    try:
        with source.open("rb") as stream:
            return tomli.load(stream, parse_float=Decimal)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, which the message gives with line and column, or not UTF-8
        raise ConfigurationError(f"{file}: {' '.join(str(error).split())}") from error


def _table(document: Mapping[str, Any], file: str) -> Mapping[str, Any] | None:
    """The `[tool.llmcost]` table, or None when there is none."""
    tool = document.get("tool", {})
    table = tool.get("llmcost") if isinstance(tool, dict) else tool
    if table is None or isinstance(table, dict):
        return table
    raise ConfigurationError(f"{file}: [tool.llmcost] must be a table")

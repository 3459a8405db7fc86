"""The findings as SARIF 2.1.0, in the subset that GitHub code scanning takes."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.anchors import anchored
from pytest_llmcost.render.sarif_rules import meaning, section
from pytest_llmcost.render.text import clean, middle

if TYPE_CHECKING:
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.anchors import Anchored

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}
_AT_MOST = 5000
"""Results that GitHub shows of a run; a file with too many more is refused as a whole."""
_LONGEST = 1000
_LINES = re.compile(r":[0-9-]+$")


def sarif(report: Report, prefix: str = "") -> str:
    """Return errors, warnings, and notices that have a place; the same text for the same report.

    GitHub refuses a file in which one result has no file, so what has none is a result of pyproject.toml.

    Args:
        report: what was found.
        prefix: where the project lies in its repository, `services/shop/`; empty at its top.
    """
    found = list(islice(anchored(report, prefix), _AT_MOST))
    rules = sorted({clean(one.finding.rule) for one in found})
    driver = {
        "name": "pytest-llmcost",
        "version": clean(report.plugin_version) or "0",
        "rules": [_rule(rule) for rule in rules],
    }
    results = [_result(one, rules, f"{prefix}pyproject.toml") for one in found]
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    told, page = meaning(rule), f"section `{section(rule)}` of docs/findings.md in pytest-llmcost"
    return {
        "id": rule,
        "shortDescription": {"text": told},
        "fullDescription": {"text": told},
        "help": {"text": f"{told} What to do: see {page}.", "markdown": f"{told}\n\nWhat to do: see {page}."},
        "properties": {"tags": ["llm-cost"], "precision": "very-high"},
    }


def _result(one: Anchored, rules: list[str], otherwise: str) -> dict[str, Any]:
    finding, path = one.finding, one.path or otherwise
    rule = clean(finding.rule)
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(path, safe="/", errors="replace")}}
    if one.line is not None:
        place["region"] = {"startLine": one.line}
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": _unlinked(middle(clean(one.message), _LONGEST))},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": _fingerprints(one),
    }


def _unlinked(text: str) -> str:
    """Keep `[foreign](text)` from being a link: SARIF knows it in plain messages too."""
    return text.replace("](", "] (")


def _fingerprints(one: Anchored) -> dict[str, str]:
    """Tell a result again in the next run, whatever its figures and its line are then.

    GitHub itself looks at `primaryLocationLineHash` only. Its upload action makes that of the line, and warns of any
    other; but not where there is no line. There it is ours, or the results of one file would be taken for one.
    """
    finding = one.finding
    known = f"{finding.rule}\n{finding.subject}\n{_LINES.sub('', finding.location or '')}"
    ours = sha256(known.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return {"llmcost/v1": ours} | ({} if one.line is not None else {"primaryLocationLineHash": f"{ours}:1"})

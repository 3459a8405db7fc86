"""The pages say what is true: every rule has its section, every link its target, every example its form."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import tomli

from pytest_llmcost.cli import VERBS
from pytest_llmcost.config import parse, schema
from pytest_llmcost.core.usage import Provenance

ROOT = Path(__file__).parent.parent
PAGES = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in ROOT.glob("docs/*.md")}
PAGES["README.md"] = (ROOT / "README.md").read_text(encoding="utf-8")


def rules():
    """Every rule in the source; `budget.*` for those that end with a key."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    found = {rule for text in sources for rule in re.findall(r'\brule=f?"([^"]+)"', text)}
    return {re.sub(r"\{.*\}", "*", rule) for rule in found}


def test_every_rule_has_a_section_and_every_section_a_rule():
    assert {"budget.*", "limit.*", "regression", "stale-reply"} <= rules()
    assert set(re.findall(r"^## `(.+)`$", PAGES["docs/findings.md"], flags=re.MULTILINE)) == rules()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_table_of_settings_is_valid(page):
    blocks = re.findall(r"^( *)```toml\n(.*?)^ *```", PAGES[page], flags=re.MULTILINE | re.DOTALL)
    for indent, block in blocks:
        toml = re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        table = tomli.loads(toml, parse_float=Decimal)["tool"]["llmcost"]
        assert parse(table, file=page)
        in_json = json.loads(json.dumps(tomli.loads(toml)["tool"]["llmcost"], default=str))  # which has no dates
        jsonschema.validate(in_json, schema())


def test_the_readme_explains_every_provenance():
    words = re.findall(r"^\| `(\w+)` \|", PAGES["README.md"].partition("how it is known")[2], flags=re.MULTILINE)
    assert words == [word.value for word in Provenance]


def test_the_readme_names_only_verbs_that_exist():
    named = set(re.findall(r"`llmcost (\w+)", PAGES["README.md"]))
    assert named
    assert named <= VERBS.keys()

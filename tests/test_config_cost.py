"""What reading the settings costs a start of pytest: imports and CPU time, each in a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from test_config_load import EVERY_KEY

if TYPE_CHECKING:
    from pathlib import Path

THIRD_PARTY = """
import json, sys
from pathlib import Path
before = set(sys.modules)
{code}
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
# mypyc gives the shared part of a compiled package a name of its own.
print(json.dumps(sorted(name for name in new - sys.stdlib_module_names if not name.endswith("__mypyc"))))
"""
TIMED = """
import sys, time
from pathlib import Path
start = time.process_time(); import pydantic; imported = time.process_time()
from pytest_llmcost.config import load
from pytest_llmcost.core import settings
begin = time.process_time(); load(None, Path(sys.argv[1])); end = time.process_time()
print((end - begin) / (imported - start))
"""


def run(code: str, directory: Path, **environment: str) -> str:
    command = [sys.executable, "-c", code, str(directory)]
    kept = {**os.environ, **environment}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=kept).stdout


def imported(code: str, directory: Path) -> list[str]:
    return json.loads(run(THIRD_PARTY.format(code=code), directory))


def test_importing_the_configuration_imports_nothing_else(tmp_path: Path) -> None:
    assert imported("import pytest_llmcost.config", tmp_path) == ["pytest_llmcost"]


def test_a_project_without_the_table_needs_no_pydantic(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'app'\n", encoding="utf-8")
    code = "from pytest_llmcost.config import load; load(None, Path(sys.argv[1]))"
    assert imported(code, tmp_path) == ["pytest_llmcost", "tomli"]


def test_a_project_without_pyproject_needs_no_toml_reader(tmp_path: Path) -> None:
    assert imported("from pytest_llmcost.config import load; load(None, Path(sys.argv[1]))", tmp_path) == [
        "pytest_llmcost"
    ]


def test_reading_every_key_costs_less_than_half_of_an_import_of_pydantic(tmp_path: Path) -> None:
    """The limit is 15 ms where the import takes about 50; a ratio holds on slow machines too."""
    (tmp_path / "pyproject.toml").write_text(EVERY_KEY, encoding="utf-8")
    # Whoever starts pytest has compiled it before: the first run does that here, wherever the environment forbids it.
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    assert min(float(run(TIMED, tmp_path, **compiled)) for _ in range(4)) < 0.5

"""`llmcost schema`, and what is common to all verbs: usage errors are one line and status 2."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost import __version__
from pytest_llmcost.cli import VERBS, main
from pytest_llmcost.config import schema

if TYPE_CHECKING:
    from pathlib import Path


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


def test_the_schema_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--output", str(tmp_path / "llmcost.schema.json")]) == 0
    assert json.loads((tmp_path / "llmcost.schema.json").read_text(encoding="utf-8")) == schema()
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "absent" / "schema.json"
    assert main(["schema", "--output", str(file)]) == 2
    assert capsys.readouterr().err == f"llmcost: {file} cannot be written: No such file or directory\n"


@pytest.mark.parametrize("arguments", [[], ["schma"], ["schema", "--outptu", "x"], ["schema", "--output"], ["--nope"]])
def test_wrong_use_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("llmcost: ")
    assert err.count("\n") == 1
    assert "--help" in err


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(verb in out and about in " ".join(out.split()) for verb, about in VERBS.items())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert f"usage: llmcost {verb}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pytest-llmcost {__version__}\n"


def test_a_reader_that_closes_early_is_no_error() -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "pytest_llmcost", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    command.stdout.close()
    _, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (0, b"")


def test_a_verb_is_imported_only_when_it_is_used() -> None:
    code = "import sys; from pytest_llmcost.cli import main; main(['--help']); print('Verb', *sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    modules = out.splitlines()[-1].split()
    assert "pytest_llmcost.cli" in modules
    assert not {f"pytest_llmcost.cli.{verb}" for verb in VERBS} & set(modules)

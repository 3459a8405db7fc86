"""`llmcost init`: the table that it adds, and the files that it leaves alone."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import tomli

from pytest_llmcost.cli import main
from pytest_llmcost.cli.init import TABLE
from pytest_llmcost.config import load, schema

FOREIGN = b'# mine\n[project]\nname = "app" # \xe2\x82\xac\n\n[tool.other]\nkey   =   1\n'


@pytest.mark.parametrize("before", [b"", FOREIGN, FOREIGN.rstrip(b"\n"), FOREIGN.replace(b"\n", b"\r\n")])
def test_what_is_in_the_file_is_kept_byte_for_byte(before, tmp_path, capsys):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(before)
    assert main(["init", str(file)]) == 0
    after = file.read_bytes()
    assert after.startswith(before)
    assert len(set(re.findall(rb"\r?\n", after))) == 1
    assert tomli.loads(after.decode())["tool"].keys() == tomli.loads(before.decode()).get("tool", {}).keys() | {
        "llmcost"
    }
    assert "[tool.llmcost]" in capsys.readouterr().out


def test_without_a_file_there_is_one_afterwards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert Path("pyproject.toml").read_text(encoding="utf-8") == TABLE


def test_the_table_is_valid_and_changes_no_default_but_names_the_baseline(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(FOREIGN)
    main(["init", str(tmp_path / "pyproject.toml")])
    settings = load(None, tmp_path)
    assert settings.baseline == "llmcost-baseline.json"
    assert settings.features == ()
    jsonschema.validate(tomli.loads(TABLE)["tool"]["llmcost"], schema())


def test_what_the_comments_propose_is_valid_too(tmp_path):
    # Explanations start with a capital letter; everything else in the comments is TOML.
    proposed = re.sub(r"^# (?=[\[a-z])", "", TABLE, flags=re.MULTILINE)
    (tmp_path / "pyproject.toml").write_text(proposed, encoding="utf-8")
    settings = load(None, tmp_path)
    (feature,) = settings.features
    assert feature.budget.input_tokens == 4000
    assert feature.production.grows
    assert settings.budget.run_usd == 2
    jsonschema.validate(tomli.loads(proposed)["tool"]["llmcost"], schema())


def test_a_second_time_is_refused_with_one_line(tmp_path, capsys):
    file = tmp_path / "pyproject.toml"
    main(["init", str(file)])
    before = file.read_bytes()
    assert main(["init", str(file)]) == 2
    assert capsys.readouterr().err == f"llmcost: {file} has a [tool.llmcost] table already: edit that one\n"
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"[tool.llmcost",
        b"\xff\xfe",
        b"tool = 3\n",
        b"tool = { other = 1 }\n",
        b"[tool.llmcost.features.chat]\n",
        b"tool.llmcost.days_per_month = 20\n",
    ],
)
def test_a_file_that_cannot_take_the_table_is_left_alone(content, tmp_path, capsys):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(content)
    assert main(["init", str(file)]) == 2
    assert file.read_bytes() == content
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"llmcost: .*pyproject\.toml.*\n", err)


def test_a_folder_is_no_file(tmp_path, capsys):
    assert main(["init", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"llmcost: {tmp_path} cannot be read: Is a directory\n"

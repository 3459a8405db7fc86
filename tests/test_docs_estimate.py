"""The page of the calculator shows what is really printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_llmcost.cli import main

PAGE = (Path(__file__).parent.parent / "docs" / "estimate.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```text\n\$ llmcost (.+?[^\\])\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"`(--[a-z-]+)")


def test_there_are_commands_on_the_page() -> None:
    assert len(SHOWN) == PAGE.count("$ llmcost ") > 3


@pytest.mark.parametrize(("command", "printed"), SHOWN, ids=[str(number) for number in range(len(SHOWN))])
def test_a_command_prints_what_the_page_shows(
    command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(command.replace("\\\n", "").split())
    out, err = capsys.readouterr()
    assert out + err == printed


def test_the_readme_shows_how_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    ((command, printed),) = re.findall(r"^\$ llmcost (estimate [^\n]+)\n((?:.*\n)+?)```$", readme, flags=re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 0
    assert capsys.readouterr().out.startswith(printed)
    assert printed


def test_every_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    main(["estimate", "--help"])
    options = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, flags=re.MULTILINE))
    assert "--tokens-per-turn" in options
    assert options <= {*OPTIONS.findall(PAGE), *re.findall(r" (--sessions) ", PAGE)}

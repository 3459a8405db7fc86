"""Prompt files on disk: which a pattern names, and what is no text."""

import os

import pytest

from pytest_llmcost.storage import prompt_texts
from pytest_llmcost.storage.prompt_texts import matching, read


@pytest.fixture
def tree(tmp_path):
    for name in (
        *("README.md", "prompts/a.md", "prompts/de/b.md", "prompts/a.txt", "prompts/.hidden/c.md"),
        *(".github/prompts/d.md", "node_modules/e.md", "src/app/prompts/f.md", "prompts/x[1].md"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["prompts/*.md"], ["prompts/a.md", "prompts/de/b.md", "prompts/x[1].md"]),
        (["prompts"], ["prompts/a.md", "prompts/a.txt", "prompts/de/b.md", "prompts/x[1].md"]),
        (
            ["prompts/", "README.md"],
            ["README.md", "prompts/a.md", "prompts/a.txt", "prompts/de/b.md", "prompts/x[1].md"],
        ),
        (["prompts/x[1].md"], ["prompts/x[1].md"]),
        ([".github/prompts/*"], [".github/prompts/d.md"]),
        (["prompts/.hidden/*.md"], ["prompts/.hidden/c.md"]),
        (["node_modules/e.md"], ["node_modules/e.md"]),
        (["*/f.md"], ["src/app/prompts/f.md"]),
        (["absent/*.md", "absent"], []),
        ([], []),
    ],
)
def test_files_are_found_by_pattern_without_what_is_hidden_unless_it_is_named(tree, patterns, found):
    assert matching(tree, patterns) == found


def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert read(path, "a.md") == ("a.md", "one\ntwo\n", "")


def test_what_is_no_text_has_a_reason_and_is_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin").write_bytes("na\xefve".encode("latin-1"))
    (tmp_path / "binary").write_bytes(b"a\x00b")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "long").write_bytes(b"a" * 11)
    monkeypatch.setattr(prompt_texts, "LARGEST", 10)
    names = [path.name for path in tmp_path.iterdir()]
    problems = {name: read(tmp_path / name, name).problem for name in (*names, "absent", "", "a\0b")}
    assert problems == {
        "pipe": "is no plain file",
        "latin": "is not UTF-8 text (byte 2)",
        "binary": "is a binary file",
        "link": "does not exist: name a file or a folder that does",
        "long": "has more than 10 bytes, which no model reads at once",
        "absent": "does not exist: name a file or a folder that does",
        "": "is a folder",
        "a\0b": "does not exist: name a file or a folder that does",
    }

"""Where a prompt may stand: files that changed since the baseline, strings in Python, tool definitions."""

import json

from pytest_llmcost.storage.source_texts import LARGEST, candidates, texts

PYTHON = '''\
"""A module that talks to a model."""

SHORT = "no"
SYSTEM = """\\
You are kind.

You are brief.
"""
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {}}}, {"name": make()}, {"size": 1}]
'''


def test_strings_and_tools_are_found_with_their_lines(tmp_path):
    (tmp_path / "app.py").write_text(PYTHON, encoding="utf-8")
    found = [(one.line, one.text, one.definition) for one in texts(tmp_path, ["app.py"])]
    assert (4, "You are kind.\n\nYou are brief.\n", "") in found
    tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    assert (9, "", json.dumps(tool, separators=(",", ":"))) in found
    assert not any(text == "no" for _, text, _ in found)
    assert sum(bool(definition) for _, _, definition in found) == 2  # the tool, and the function in it


def test_other_files_are_texts_as_a_whole(tmp_path):
    (tmp_path / "support.md").write_bytes("Be kind.\r\n\r\nBe brief — always.\r\n".encode())
    (one,) = texts(tmp_path, ["support.md"])
    assert one == ("support.md", 1, "Be kind.\n\nBe brief — always.\n", "")


def test_what_cannot_be_read_has_no_text(tmp_path):
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    (tmp_path / "nul.py").write_text("x = '\0'", encoding="utf-8")
    (tmp_path / "huge.md").write_text("a" * (LARGEST + 1), encoding="utf-8")
    (tmp_path / "set.py").write_text("x = {'name': {1, 2}, 'function': b'x'}", encoding="utf-8")
    names = ["binary.md", "broken.py", "nul.py", "huge.md", "set.py", "gone.md"]
    assert list(texts(tmp_path, names)) == []


def test_candidates_are_what_changed_since_the_commit_and_what_is_new(repository):
    since = repository.commit(prompts__a_md="a", prompts__b_md="b")
    (repository.root / "prompts").mkdir(exist_ok=True)
    for name in ("a.md", "b.md", "c.md", "d.png"):
        (repository.root / "prompts" / name).write_text(f"text of {name}", encoding="utf-8")
    repository.commit()
    (repository.root / "prompts" / "b.md").write_text("text of b.md, and more", encoding="utf-8")
    (repository.root / "new.txt").write_text("not tracked", encoding="utf-8")
    head = repository.git("rev-parse", "HEAD")
    assert candidates(repository.root, since, "b.json") == ["new.txt", "prompts/a.md", "prompts/b.md", "prompts/c.md"]
    assert candidates(repository.root, head, "b.json") == ["new.txt", "prompts/b.md"]
    assert candidates(repository.root / "prompts", head, "b.json") == ["b.md"]


def test_without_a_commit_the_last_one_of_the_baseline_counts(repository):
    (repository.root / "old.md").write_text("old", encoding="utf-8")
    repository.commit(b_json="{}")
    (repository.root / "new.md").write_text("new", encoding="utf-8")
    repository.commit()
    assert candidates(repository.root, None, "b.json") == ["new.md"]


def test_a_baseline_that_no_commit_has_makes_every_file_a_candidate(repository):
    (repository.root / "old.md").write_text("old", encoding="utf-8")
    repository.commit()
    assert candidates(repository.root, None, "b.json") == ["old.md"]


def test_without_git_every_file_of_the_project_is_a_candidate(tmp_path):
    for name in ("app.py", "prompts/a.md", ".venv/x.py", "node_modules/y.md", "picture.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text", encoding="utf-8")
    assert candidates(tmp_path, None, "b.json") == ["app.py", "prompts/a.md"]

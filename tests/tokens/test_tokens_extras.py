"""Tokenizers that the user can install are used for their models, and only then loaded."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings, extras, families

SRC = Path(__file__).parents[2] / "src"


def tokens(provider, model, text):
    return Counter().count(provider, model, "chat", (Part(Segment.USER, "message", text),)).tokens


@pytest.fixture(autouse=True)
def forget():
    """Forget which tokenizers are there."""
    yield
    families.family_of.cache_clear()
    families._with_extra.cache_clear()
    extras.counter.cache_clear()


def test_without_the_extra_a_factor_serves(monkeypatch):
    monkeypatch.setattr(families, "is_installed", lambda name: False)
    families.family_of.cache_clear()
    families._with_extra.cache_clear()
    assert families.family_of("mistral", "mistral-large-latest", "chat").encoding == "o200k_base"
    assert families.family_of("anthropic", "claude-sonnet-4-5", "chat").encoding == "o200k_base"


def test_a_tokenizer_that_fails_is_replaced(monkeypatch):
    def failing(name):
        raise ValueError(name)

    monkeypatch.setattr(extras, "counter", failing)
    assert encodings.count("tekken", "Hello, world!") == 4


def test_a_long_text_is_extrapolated(monkeypatch):
    seen = []

    def counter(name):
        return lambda text: seen.append(len(text)) or len(text) // 2

    monkeypatch.setattr(extras, "counter", counter)
    assert encodings.count("ctok-3.0", "x" * 1_000_000) == 500_000
    assert seen == [encodings.LONGEST_EXTRA]


@pytest.mark.parametrize("text", ["<|endoftext|> [INST]", "\ud800", " " * 50_000, ""])
@pytest.mark.parametrize("name", ["tekken", *extras.CTOK])
def test_no_text_is_too_strange(name, text):
    if not extras.is_installed(name):
        pytest.skip("the extra is not installed")
    assert encodings.count(name, text) >= 0


def test_mistral_is_counted_by_its_own_tokenizer():
    pytest.importorskip("mistral_common")
    # Reported by Mistral's API as 10 and 28 for one message: three beside the text.
    assert tokens("mistral", "mistral-large-latest", "How do I cross the street?") == 7 + 3


def test_models_of_claude_with_one_tokenizer_have_one_extra(monkeypatch):
    monkeypatch.setattr(families, "is_installed", lambda _: True)

    def extra(model, host="anthropic"):
        return families._with_extra.__wrapped__(families._by_name(model, host)).encoding

    models = ("claude-opus-4-8", "claude-sonnet-5", "claude-opus-5", "claude-fable-5")
    assert {extra(model) for model in models} == {"ctok-4.8"}
    assert extra("claude-sonnet-4-6", "snowflake") == "ctok-3.0"


def test_claude_is_counted_by_the_reconstruction():
    pytest.importorskip("ctok")
    assert families.family_of("anthropic", "claude-opus-4-8", "chat").encoding == "ctok-4.8"
    assert tokens("anthropic", "claude-sonnet-4-5", "hello") == 8
    assert tokens("anthropic", "claude-opus-4-7", "hello") == 13


def test_nothing_is_loaded_before_a_model_needs_it():
    script = """
    import sys
    from pytest_llmcost.core.prompt import Part, Segment
    from pytest_llmcost.tokens import Counter
    Counter().count("openai", "gpt-4o", "chat", (Part(Segment.USER, "message", "Hi"),))
    print(sorted({"ctok", "mistral_common", "numpy"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"

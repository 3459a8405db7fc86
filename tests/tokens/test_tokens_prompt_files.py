"""Prompt files counted: exactly for OpenAI, within a bound for others, and not twice."""

from dataclasses import replace

import pytest
import tiktoken

from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.tokens import encodings
from pytest_llmcost.tokens.prompt_files import PromptCounter

TEMPLATE = (
    "You are {{ name }}.\n\n{% if rules %}Rules:\n{{ rules | indent }}{% endif %}\n\n<|endoftext|> ünïcode 漢字\n" * 9
)


@pytest.mark.parametrize(("model", "encoding"), [("gpt-4o", "o200k_base"), ("gpt-4", "cl100k_base")])
def test_a_model_of_openai_is_counted_as_its_tokenizer_does(model, encoding):
    found = PromptCounter({}).count("a.j2", TEMPLATE, model)
    assert found.tokens == len(encodings.load(encoding).encode_ordinary(TEMPLATE)) == found.upper
    assert isinstance(encodings.load(encoding), tiktoken.Encoding)
    assert (found.source, found.encoding, found.model) == (Provenance.COUNTED, encoding, model)


def test_another_model_is_estimated_with_a_bound():
    found = PromptCounter({}).count("a.md", TEMPLATE, "claude-sonnet-4-5")
    assert found.source is Provenance.SCALED
    assert found.tokens < found.upper


def test_a_text_too_long_to_count_is_an_estimate_for_every_model():
    found = PromptCounter({}).count("a.md", "word " * (encodings.SAMPLED_ABOVE // 5 + 1), "gpt-4o")
    assert found.source is Provenance.SCALED
    assert found.tokens < found.upper


def test_a_name_that_stands_for_another_counts_as_that():
    models = {"ours": "azure/gpt-4.1-mini"}
    assert not PromptCounter({}).knows("ours")
    assert PromptCounter(models).knows("ours")
    assert PromptCounter(models).count("a", "Hello there", "ours").is_exact
    assert PromptCounter({}).knows("azure/any-deployment")
    assert not PromptCounter({}).knows("gpt4o")


def test_what_is_known_is_not_counted_again(monkeypatch):
    first = PromptCounter({}).count("a.md", "One line", "gpt-4o")
    monkeypatch.setattr(encodings, "count", lambda *_: pytest.fail("counted"))
    again = PromptCounter({}, counted=[first]).count("b.md", "One line", "gpt-4o")
    assert (again.path, again.tokens, again.sha256) == ("b.md", first.tokens, first.sha256)


def test_what_was_counted_for_a_name_that_stands_for_another_is_counted_anew():
    old = PromptCounter({"ours": "grok-4"}).count("a.md", TEMPLATE, "ours")
    new = PromptCounter({"ours": "gpt-4o"}, counted=[old]).count("a.md", TEMPLATE, "ours")
    assert new.encoding == old.encoding  # another model counts in another way all the same
    assert (new.source, new.upper) == (Provenance.COUNTED, PromptCounter({}).count("a", TEMPLATE, "gpt-4o").tokens)


def test_what_was_counted_with_another_tokenizer_is_counted_anew():
    right = PromptCounter({}).count("a.md", TEMPLATE, "gpt-4o")
    old = replace(right, encoding="cl100k_base", tokens=right.tokens + 9, upper=right.upper + 9)
    assert PromptCounter({}, counted=[old]).count("a.md", TEMPLATE, "gpt-4o") == right


def test_the_same_text_has_the_same_fingerprint_and_another_one_another():
    counter = PromptCounter({})
    one, two, three = (counter.count(name, text, "gpt-4o") for name, text in (("a", "x"), ("b", "x"), ("a", "y")))
    assert one.sha256 == two.sha256 != three.sha256


def test_an_empty_file_has_no_token():
    assert PromptCounter({}).count("a", "", "gpt-4o").tokens == 0

"""The text of a file is found again in a prompt by its fingerprints, without any text having been kept."""

import json

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter
from pytest_llmcost.tokens.places import families, places, tool_places

PROMPT = "\n".join(
    ["# Role", "", "You help people with kettles. " * 5, "", "# Rules", "- Be kind. " * 9, "", "Bye.", ""]
)


def grains(text, product, kind="message"):
    count = Counter().count(product.provider, product.model, "chat", (Part(Segment.SYSTEM, kind, text),))
    return [grain.fingerprint for grain in count.blocks[0].grains()]


@pytest.mark.parametrize("product", [Product("openai", "gpt-4o"), Product("anthropic", "claude-sonnet-4-6")])
@pytest.mark.parametrize("kind", ["message", "text"])
def test_every_paragraph_of_a_file_is_found_with_its_line(product, kind):
    found = dict(reversed(list(places(PROMPT, families([product])))))
    assert [found.get(name) for name in grains(PROMPT, product, kind)] == [0, 2, 4, 7]


def test_a_program_may_strip_what_it_reads():
    product = Product("openai", "gpt-4o")
    found = dict(places(f"\n\n{PROMPT}\n", families([product])))
    assert [found[name] for name in grains(PROMPT.strip(), product)] == [2, 4, 6, 9]


def test_a_short_text_is_found_as_a_whole():
    product = Product("openai", "gpt-4o")
    found = dict(places("\nBe kind.\n", families([product])))
    assert found[grains("Be kind.", product)[0]] == 1
    assert found[grains("\nBe kind.\n", product)[0]] == 0


def test_another_text_is_not_found():
    product = Product("openai", "gpt-4o")
    found = dict(places(PROMPT, families([product])))
    assert not any(name in found for name in grains("Another text.", product))


def test_a_tool_definition_is_found():
    definition = json.dumps({"name": "weather", "parameters": {}}, separators=(",", ":"))
    product = Product("openai", "gpt-4o")
    assert set(grains(definition, product, "tool")) == set(tool_places(definition, families([product])))


def test_a_prompt_for_google_is_found_as_vertex_counts_it_too():
    names = {family.name for family in families([Product("google", "gemini-2.5-pro")])}
    assert names == {"gemini", "gemini-vertex"}

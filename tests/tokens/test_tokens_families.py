"""What each family of models is known to add to a prompt: thoughts, tools, schemas, what the request asks for."""

import json

import pytest

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings
from pytest_llmcost.tokens.definitions import definition, values
from pytest_llmcost.tokens.families import FAMILIES, family_of
from pytest_llmcost.tokens.hosted import HOSTED, ROUTED
from pytest_llmcost.tokens.measured import MEASURED, TEXT, TOOLS, measured

SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "description": "The city"}}, "required": ["city"]}
FORMS = [
    {"type": "function", "function": {"name": "weather", "description": "Tell it", "parameters": SCHEMA}},
    {"type": "function", "name": "weather", "description": "Tell it", "parameters": SCHEMA},
    {"name": "weather", "description": "Tell it", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral"}},
    {"toolSpec": {"name": "weather", "description": "Tell it", "inputSchema": {"json": SCHEMA}}},
    {"name": "weather", "description": "Tell it", "parametersJsonSchema": SCHEMA},
]
HI = Part(Segment.USER, "message", "Hi")


def tokens(provider, model, *parts):
    return Counter().count(provider, model, "chat", parts).tokens


def tool(value):
    return Part(Segment.TOOLS, "tool", json.dumps(value, separators=(",", ":")))


def size(text):
    return encodings.count("o200k_base", text)


@pytest.mark.parametrize("form", FORMS)
def test_a_tool_is_read_the_same_in_every_form(form):
    found = definition(json.dumps(form))
    assert (found.name, found.description, found.schema) == ("weather", "Tell it", SCHEMA)
    assert tokens("anthropic", "claude-sonnet-4-5", HI, tool(form)) == tokens(
        "anthropic", "claude-sonnet-4-5", HI, tool(FORMS[2])
    )


@pytest.mark.parametrize("text", ["", "[]", "3", "no JSON", "[" * 100_000])
def test_a_tool_that_is_no_object_is_no_definition(text):
    assert definition(text) is None
    assert list(values("no JSON" if text != "3" else text)) == ([] if text != "3" else ["3"])


def test_vertex_counts_the_words_of_a_tool_alone_and_google_ai_its_schema():
    words = size("weather") + size("Tell it") + size("city") + size("The city")
    assert tokens("google-vertex", "gemini-3-flash", HI, tool(FORMS[4])) == 1 + 2 + words
    plain = tokens("google", "gemini-3-flash", HI, tool(FORMS[4]))
    closed = {**FORMS[4], "parametersJsonSchema": {**SCHEMA, "additionalProperties": False}}
    assert plain > 2 * (3 + words)
    assert tokens("google", "gemini-3-flash", HI, tool(closed)) == plain


def test_vertex_counts_keys_and_values_of_calls_and_results():
    result = Part(Segment.USER, "message", '{"functionResponse":{"name":"weather","response":{"result":"sunny"}}}')
    words = ("functionResponse", "name", "weather", "response", "result", "sunny")
    assert tokens("google-vertex", "gemini-2.5-flash", result) == sum(map(size, words))


@pytest.mark.parametrize(
    ("model", "asked", "more"),
    [
        ("claude-sonnet-4-5", "thinking", 28), ("claude-opus-4-6", "adaptive", 17), ("claude-opus-4-8", "thinking", 0),
        ("claude-sonnet-4-5", "forced", 97), ("claude-sonnet-4-20250514", "forced", 12), ("gpt-4o", "thinking", 0),
        ("gpt-4o", "compacting", 93), ("gpt-5", "compacting", 93), ("claude-opus-4-8", "compacting", 0),
    ],
)  # fmt: skip
def test_what_a_request_asks_for_costs_tokens_of_its_own(model, asked, more):
    option = Part(Segment.SYSTEM, "option", asked)
    count = Counter().count("anthropic", model, "chat", (HI, option))
    assert count.tokens - tokens("anthropic", model, HI) == more
    assert count.blocks[1].is_frame


def test_the_answers_schema_is_a_tool_that_must_be_called_where_snowflake_serves_claude():
    schema = Part(Segment.TOOLS, "text", json.dumps(SCHEMA, separators=(",", ":")))
    there = tokens("snowflake", "claude-sonnet-4-6", HI, schema)
    forced = Part(Segment.TOOLS, "option", "forced")
    as_tool = tokens("anthropic", "claude-sonnet-4-6", HI, forced, tool({"name": "answer", "input_schema": SCHEMA}))
    assert abs(there - as_tool) < 20
    assert tokens("anthropic", "claude-sonnet-4-6", HI, schema) < there / 2


def test_a_thought_that_the_provider_has_kept_has_a_figure_and_a_wide_bound():
    recalled = Part(Segment.HISTORY, "option", "recalled")
    count = Counter().count("openai", "gpt-5", "chat", (HI, recalled))
    assert count.tokens == tokens("openai", "gpt-5", HI) + 192
    assert count.upper > 3 * 192
    assert not count.exact


def test_an_encrypted_thought_costs_by_its_length():
    sealed = Part(Segment.HISTORY, "sealed", "x" * 1800)
    assert tokens("openai", "gpt-5", sealed) == 156
    assert tokens("google", "gemini-3-pro", sealed) == 338
    assert tokens("google-vertex", "gemini-3-pro", sealed) == 0
    assert tokens("openai", "gpt-5", Part(Segment.HISTORY, "sealed", "x" * 100)) == 0


def test_open_models_forget_what_they_thought_and_claude_does_not():
    thought = Part(Segment.HISTORY, "thought", "Let me think about this for a while.")
    inline = Part(Segment.HISTORY, "message", "<think>Let me think.</think>\n\nYes.")
    for model in ("deepseek-r1", "qwen3-32b", "glm-4.7", "openai/gpt-oss-120b"):
        assert tokens("groq", model, HI, thought) == tokens("groq", model, HI)
        assert tokens("groq", model, inline) == tokens("groq", model, Part(Segment.HISTORY, "message", "Yes."))
    assert tokens("aws", "anthropic.claude-sonnet-4-5", HI, thought) > tokens("aws", "anthropic.claude-sonnet-4-5", HI)


@pytest.mark.parametrize(
    ("provider", "model", "value", "group"),
    [
        ("anthropic", "claude-sonnet-4-5", {"type": "web_search_20250305", "name": "web_search"}, "claude"),
        ("openai", "gpt-5", {"type": "web_search"}, "openai-5"),
        ("google", "gemini-2.5-pro", {"googleSearch": {}}, "gemini"),
        ("anthropic", "claude-sonnet-4-5", {"type": "mcp"}, "claude"),
    ],
)
def test_a_tool_that_the_provider_runs_has_its_own_figure_and_a_wide_bound(provider, model, value, group):
    kind = value.get("type") or next(iter(value))
    figure = next(tokens for begin, tokens in HOSTED[group] if kind.startswith(begin))
    count = Counter().count(provider, model, "chat", (HI, tool(value)))
    assert count.blocks[1].tokens == figure
    assert count.upper > 3 * figure


def test_a_tool_of_the_provider_that_nobody_measured_is_counted_as_text():
    value = {"type": "tool_of_tomorrow", "effort": "high"}
    assert tokens("openai", "gpt-4o", HI, tool(value)) == 3 + 4 + 1 + 10 + size(tool(value).text)


@pytest.mark.parametrize(("provider", "model"), [("openrouter", "openai/gpt-4o"), ("openrouter", "deepseek/chat")])
def test_a_tool_that_a_router_runs_is_no_function_for_all_its_parameters(provider, model):
    search = tool({"type": "openrouter:web_search", "parameters": {"max_uses": 1}})
    count = Counter().count(provider, model, "chat", (HI, search))
    assert count.blocks[1].tokens == dict(ROUTED)["openrouter:web_search"]
    assert count.upper > 3 * dict(ROUTED)["openrouter:web_search"]


def test_tools_that_a_router_sends_on_have_a_wider_bound():
    routed = Counter().count("openrouter", "google/gemini-2.5-flash", "chat", (HI, tool(FORMS[0])))
    own = Counter().count("google", "gemini-2.5-flash", "chat", (HI, tool(FORMS[0])))
    assert routed.tokens == own.tokens
    assert routed.upper >= 1.44 * routed.tokens > own.upper
    text = (
        Counter().count(provider, "google/gemini-2.5-flash", "chat", (HI,)) for provider in ("openrouter", "google")
    )
    assert len({count.upper for count in text}) == 1


def test_a_model_with_tools_of_its_own_reads_what_they_find():
    plain = Counter().count("groq", "llama-3.3-70b-versatile", "chat", (HI,))
    compound = Counter().count("groq", "groq/compound-mini", "chat", (HI,))
    assert compound.tokens > plain.tokens + 5000
    assert compound.upper > 3 * compound.tokens
    assert Counter().count_text("groq", "groq/compound-mini", "Hi").upper < 10


def test_what_the_provider_has_kept_is_estimated_with_a_wide_bound_and_never_exact():
    plain = Counter().count("openai", "gpt-4.1", "chat", (HI,))
    kept = Counter().count("openai", "gpt-4.1", "chat", (Part(Segment.HISTORY, "option", "kept"), HI))
    assert (plain.exact, kept.exact) == (True, False)
    assert kept.tokens - plain.tokens == 24
    assert kept.upper - plain.upper > 90
    perhaps = Counter().count("openai", "gpt-4.1", "chat", (Part(Segment.HISTORY, "option", "conversation"), HI))
    assert (perhaps.tokens, perhaps.exact) == (plain.tokens, False)


def test_a_model_costs_more_where_its_host_frames_it_otherwise():
    call = Part(Segment.HISTORY, "text", "f {}")
    assert tokens("aws", "openai.gpt-5.5", HI, call) - tokens("openai", "gpt-5.5", HI, call) == 11
    assert tokens("aws", "google.gemma-3-27b-it", HI) == 1 + 9
    assert tokens("google", "gemma-3-27b-it", HI) == 1 + 1
    assert tokens("huggingface", "deepseek-ai/DeepSeek-R1", HI) == tokens("deepseek", "deepseek-reasoner", HI) - 1


def test_tools_that_come_later_cost_beside_their_definitions():
    later = Part(Segment.TOOLS, "option", "adding")
    assert tokens("openai", "gpt-5.4", HI, later) - tokens("openai", "gpt-5.4", HI) == 94


def test_a_schema_that_nobody_reads_does_not_widen_the_bound():
    schema = Part(Segment.TOOLS, "text", json.dumps(SCHEMA))
    for model, kind in (("glm-4.7", TEXT), ("claude-sonnet-4-5", TOOLS)):
        count = Counter().count("any", model, "chat", (HI, schema))
        row = measured(family_of("any", model, "chat").group, kind)
        assert count.upper == -(-count.tokens * row.permille // 1000) + row.slack
    unseen = Counter().count("any", "model-of-tomorrow", "chat", (HI, schema))
    row = measured("unknown", TOOLS)
    assert unseen.upper == -(-unseen.tokens * row.permille // 1000) + row.slack


def test_every_group_of_families_has_measured_errors():
    groups = {family.group for family in FAMILIES}
    assert set(MEASURED) == {(group, kind) for group in groups for kind in (TEXT, TOOLS)}
    assert all(row.rows >= 5 and row.permille >= 1000 and row.slack >= 0 for row in MEASURED.values())
    assert measured("unknown", TEXT).permille > max(row.permille for row in MEASURED.values())


def test_the_bound_is_the_measured_one_of_its_kind():
    counter, text = Counter(), Part(Segment.USER, "message", "word " * 1000)
    plain = counter.count("anthropic", "claude-sonnet-4-5", "chat", (text,))
    row = measured("claude", TEXT)
    assert plain.upper == -(-plain.tokens * row.permille // 1000) + row.slack
    armed = counter.count("anthropic", "claude-sonnet-4-5", "chat", (text, tool(FORMS[2])))
    row = measured("claude", TOOLS)
    assert armed.upper == -(-armed.tokens * row.permille // 1000) + row.slack

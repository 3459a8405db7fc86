"""Function definitions are read as declarations in TypeScript, whatever their schema holds."""

import json
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings
from pytest_llmcost.tokens.declarations import declaration
from pytest_llmcost.tokens.definitions import definition


def declared(schema=None, description="", name="f"):
    return declaration(definition(json.dumps({"name": name, "description": description, "parameters": schema})))


def of(value):
    """Return the type of one needed property `x`."""
    text = declared({"type": "object", "properties": {"x": value}, "required": ["x"]})
    return text.removeprefix("type f = (_: {\nx: ").removesuffix(",\n}) => any;\n\n")


def test_a_function_is_declared_with_what_is_said_about_it():
    schema = {
        "type": "object",
        "description": "Where and how.",
        "properties": {
            "city": {"type": "string", "title": "City", "description": "The city\n\nor the town", "examples": ["Oslo"]},
            "unit": {"enum": ["celsius", "kelvin"], "default": "celsius"},
            "days": {"type": "array", "items": {"type": "integer"}, "title": "Days"},
        },
        "required": ["city"],
    }
    assert declared(schema, "Tell the weather.\n\n    Args:\n", "weather") == textwrap.dedent("""\
        // Tell the weather.
        //
        //     Args:
        type weather = (_: // Where and how.
        {
        // City
        //
        // The city
        //
        // or the town
        // Examples:
        // - "Oslo"
        city: string,
        unit?: "celsius" | "kelvin", // default: "celsius"
        // Days
        days?: number[],
        }) => any;

        """)


@pytest.mark.parametrize("schema", [None, {}, {"type": "object"}, {"type": "object", "properties": {}}, [1], "no"])
def test_a_function_without_arguments_has_none(schema):
    assert declared(schema) == "type f = () => any;\n\n"


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ({"type": "integer"}, "number"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number | null"),
        ({"allOf": [{"type": "boolean"}]}, "boolean"),
        ({"const": 3}, "3"),
        ({"enum": ["a", 1, None, True, [1], {}]}, '"a" | 1 | null | true | [] | object'),
        ({"type": "array"}, "any[]"),
        ({"type": "tuple"}, "any"),
        ({"type": {"odd": 1}}, "any"),
        (True, "any"),
        ({"$ref": "#/$defs/Lost"}, "Lost"),
        ({"properties": {"y": {"type": "string"}}}, "{\n    y?: string,\n    }"),
    ],
)
def test_a_type_is_named_as_typescript_names_it(value, type_):
    assert of(value) == type_


def test_a_definition_is_written_where_it_is_first_used_and_named_from_then_on():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    value = {"properties": {"a": {"$ref": "#/$defs/Node"}, "b": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}
    assert declared(value) == "type f = (_: {\na?: {\n    next?: Node,\n    },\nb?: Node,\n}) => any;\n\n"


def test_definitions_that_hold_each_other_twice_do_not_grow_without_end():
    defs = {
        f"D{n}": {"properties": {side: {"$ref": f"#/$defs/D{n + 1}"} for side in ("left", "right")}} for n in range(60)
    }
    assert len(declared({"properties": {"tree": {"$ref": "#/$defs/D0"}}, "$defs": defs})) < 20_000


def test_the_grammar_of_a_custom_tool_is_read():
    tool = {"type": "custom", "name": "sql", "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"}}
    assert declaration(definition(json.dumps(tool))) == "// start: X\ntype sql = () => any;\n\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "enum", "anyOf", "$ref", "$defs", "required", "title", "default",
                 "description", "examples", "const", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)  # fmt: skip


@settings(deadline=None, max_examples=500)
@given(json_values)
def test_whatever_a_schema_holds_it_is_counted(schema):
    part = Part(Segment.TOOLS, "tool", json.dumps({"type": "function", "name": "f", "parameters": schema}))
    assert Counter().count("openai", "gpt-4o", "chat", (part,)).tokens > 10


def test_a_tool_costs_its_declaration():
    tool = {"name": "weather", "description": "Tell it", "parameters": {"properties": {"city": {"type": "string"}}}}
    text = "// Tell it\ntype weather = (_: {\ncity?: string,\n}) => any;\n\n"
    part = Part(Segment.TOOLS, "tool", json.dumps(tool))
    block = Counter().count("openai", "gpt-4o", "chat", (part,)).blocks[0]
    assert block.tokens == encodings.count("o200k_base", text)

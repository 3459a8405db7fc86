"""Counting costs little more than the tokenizer alone, and the same text is counted once."""

import random
import time
from pydoc_data.topics import topics

import pytest

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings

ENGLISH = "\n".join(topics[name] for name in sorted(topics))
DEEP = '{"name":"f","parameters":%s{}%s}'
TEXTS = [ENGLISH[at : at + 8_600] for at in range(0, len(ENGLISH) - 8_600, 8_600)]


def cpu(work):
    """Return the seconds of this process that some work takes, whatever else the machine does."""
    started = time.process_time()
    work()
    return time.process_time() - started


def test_counting_a_text_costs_at_most_a_tenth_more_than_the_tokenizer():
    raw = encodings.load("o200k_base").encode_ordinary
    rounds = [
        (
            cpu(lambda: [len(raw(text)) for text in TEXTS]),
            cpu(lambda: [encodings.count("o200k_base", text) for text in TEXTS]),
        )
        for _ in range(15)
    ]
    assert min(ours for _, ours in rounds) <= 1.1 * min(theirs for theirs, _ in rounds)


@pytest.mark.parametrize("segment", [Segment.USER, Segment.SYSTEM])
def test_prompts_that_share_paragraphs_cost_less_than_the_tokenizer_alone(segment):
    draw = random.Random(5)
    texts = [ENGLISH[at : at + 8_600] for at in (draw.randrange(len(ENGLISH) - 8_600) for _ in range(400))]
    raw = encodings.load("o200k_base").encode_ordinary

    def count():
        counter = Counter()
        for text in texts:
            counter.count("openai", "gpt-4o", "chat", (Part(segment, "message", text),))

    rounds = [(cpu(lambda: [len(raw(text)) for text in texts]), cpu(count)) for _ in range(5)]
    assert min(ours for _, ours in rounds) <= 1.0 * min(theirs for theirs, _ in rounds)


def test_a_paragraph_is_counted_once_in_a_run(monkeypatch):
    counted = []
    monkeypatch.setattr(encodings, "count", lambda name, text: counted.append(text) or len(text))
    counter = Counter()
    rule = "Never promise a date, and never name a price that the list does not have. " * 2 + "\n\n"
    for segment in (Segment.SYSTEM, Segment.USER, Segment.HISTORY):
        for today in ("Monday", "Tuesday"):
            counter.count("openai", "gpt-4o", "chat", (Part(segment, "message", f"It is {today}.\n\n{rule * 2}x"),))
    assert counted.count(rule) == 1


def test_the_same_text_is_counted_once(monkeypatch):
    counted = []
    monkeypatch.setattr(encodings, "count", lambda name, text: counted.append(text) or len(text))
    counter = Counter()
    for segment in (Segment.USER, Segment.HISTORY, Segment.USER):
        for _ in range(3):
            counter.count("openai", "gpt-4o", "chat", (Part(segment, "message", "Hi"),))
    counter.count("openai", "gpt-4o-mini", "chat", (Part(Segment.USER, "message", "Hi again"),))
    assert counted.count("Hi") == 1


@pytest.mark.parametrize(
    "part",
    [
        Part(Segment.MEDIA, "image", "", bytes(20_000_000)),
        Part(Segment.MEDIA, "document", "", b"%PDF-1.4" + b"/Type /Page " * 1_000_000),
        Part(Segment.MEDIA, "video", "", b"\0\0\0\x10ftyp" + bytes(20_000_000)),
        Part(Segment.TOOLS, "tool", DEEP % ('{"properties":{"a":' * 5_000, "}}" * 5_000)),
        Part(Segment.TOOLS, "tool", DEEP % ('{"properties":{"a":' * 440, "}}" * 440)),
        Part(Segment.TOOLS, "tool", "[" * 200_000),
        Part(Segment.USER, "message", "1 " * 9_000),
        Part(Segment.USER, "message", "</think>" + "<think>" * 100_000),
        Part(Segment.USER, "message", "[" + "\n" * 300_000),
        Part(Segment.USER, "message", "[\n 1," * 100_000),
        Part(Segment.USER, "message", '{\n "a": tru' * 100_000),
        Part(Segment.HISTORY, "sealed", "x" * 10_000_000),
    ],
    ids=["image", "document", "video", "very deep tool", "deep tool", "no JSON", "digits", "thoughts", "line ends",
         "open lists", "no values", "sealed"],
)  # fmt: skip
@pytest.mark.parametrize("model", ["gpt-5", "claude-opus-4-8", "gemini-3-pro", "deepseek-r1"])
def test_no_part_crashes_or_hangs(part, model):
    started = time.process_time()
    assert Counter().count("acme", model, "chat", (part,)).tokens >= 0
    assert time.process_time() - started < 10

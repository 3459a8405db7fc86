"""Documents, sounds and films are counted by what their bytes tell: text, pages, seconds."""

import io
import struct
import wave

import pytest

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings
from pytest_llmcost.tokens.durations import seconds
from pytest_llmcost.tokens.media import pages, plain


def media(kind, data=None, text=""):
    return Part(Segment.MEDIA, kind, text, data)


def tokens(model, part, provider="google"):
    return Counter().count(provider, model, "chat", (part,)).tokens


def wav(length, rate=8000):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(2 * rate * length))
    return file.getvalue()


def mp3(length):
    """Return frames of MPEG 1 layer III at 128 kbit/s."""
    return b"\xff\xfb\x90\x00" + bytes(16_000 * length - 4)


def mp4(length, *, long=False):
    form = ">QQIQ" if long else ">IIII"
    header = b"mvhd" + bytes([int(long)]) + bytes(3) + struct.pack(form, 0, 0, 1000, 1000 * length)
    return struct.pack(">I", 16) + b"ftypisom" + bytes(8) + struct.pack(">I", len(header) + 4) + header


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (wav(3), 3), (mp3(7), 7), (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + mp3(7), 7), (mp4(10), 10),
        (mp4(10, long=True), 10),
    ],
    ids=["wav", "mp3", "mp3 with tags", "mp4", "mp4 of 64 bits"],
)  # fmt: skip
def test_a_file_tells_how_long_it_is(data, length):
    assert seconds(data) == pytest.approx(length, rel=0.02)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"RIFF", b"RIFF0000WAVE", b"RIFF0000WAVEfmt ", wav(1).replace(b"fmt ", b"LIST"),
             b"\xff\xfb\x00", b"\xff\xfb\xf0\0", b"ID3",
             mp4(10)[:40], mp4(0), wav(1)[:20]],
)  # fmt: skip
def test_a_file_that_is_cut_off_or_says_nonsense_has_no_length(data):
    assert seconds(data) is None


def test_sounds_and_films_cost_by_the_second():
    assert tokens("gemini-2.5-flash", media("audio", wav(10))) == 320
    assert tokens("gemini-3-flash", media("audio", wav(10))) == 250
    assert tokens("gemini-2.5-flash", media("video", mp4(10))) == 2900
    assert tokens("gpt-4o-audio-preview", media("audio", wav(10)), "openai") == 100


def test_a_film_of_unknown_length_is_guessed_from_its_bytes_or_its_place():
    assert tokens("gemini-2.5-flash", media("video", bytes(1_500_000))) == 2900
    assert tokens("gemini-2.5-flash", media("video", text="https://example.org/a.mp4")) == 2900
    assert tokens("gemini-2.5-flash", media("video", text="https://youtu.be/abc")) == 17_400


def test_a_document_that_is_text_is_counted_as_text():
    text = "Nothing in here but words. " * 20
    found = tokens("gpt-4o", media("document", text.encode()), "openai")
    assert found == encodings.count("o200k_base", text)


def test_a_document_of_pages_costs_by_the_page():
    pdf = b"%PDF-1.4\n" + b"<< /Type /Page /Parent 1 0 R >>\n" * 3 + b"<< /Type /Pages /Count 3 >>"
    assert pages(pdf) == 3
    assert tokens("gemini-2.5-pro", media("document", pdf)) == 3 * 258
    assert tokens("claude-sonnet-4-5", media("document", pdf), "anthropic") == 3 * 1800


@pytest.mark.parametrize("data", [None, b"", b"%PDF-1.4", b"\0\1", b"\xff\xfe bad"])
def test_what_is_no_plain_text_is_not_read_as_such(data):
    assert plain(data) is None
    assert pages(data) == 1


def test_a_document_known_by_its_bytes_has_a_closer_bound_than_one_at_an_address():
    pdf = b"%PDF-1.4\n<< /Type /Page >>"
    near, far = (
        Counter().count("anthropic", "claude-sonnet-4-5", "chat", (part,))
        for part in (media("document", pdf), media("document", text="https://example.org/a.pdf"))
    )
    assert near.tokens == far.tokens
    assert near.upper < 2 * near.tokens < 5 * far.tokens < far.upper

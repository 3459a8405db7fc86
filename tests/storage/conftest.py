"""Baselines to store, and real git repositories to store them in."""

import os
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_llmcost.core.baseline import Acceptance, Baseline, Entry, Header
from pytest_llmcost.core.call import Product, Profile
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.core.prompt_files import PromptFile
from pytest_llmcost.core.usage import Provenance, Usage


def make_profile(number=0, system="system-1", **changes):
    values = {
        "product": Product("openai", "gpt-4o-mini"),
        "usage": Usage(input_tokens=700 + number, output_tokens=40, cache_read_tokens=0),
        "usage_source": Provenance.REPORTED,
        "input_tokens_upper": 700 + number,
        "prompt": f"prompt-{system}-{number}",
        "blocks": (
            Block(Segment.SYSTEM, system, 500, (Piece(f"{system}-top", 300), Piece("system-end", 200))),
            Block(Segment.USER, f"user-{number}", 200 + number, spare=number),
        ),
        "counted_tokens": 699 + number,
        "reported_tokens": 700 + number,
        "reported_for": 699 + number,
        "output_limit": 400,
    }
    return Profile(**values | changes)


def make_entry(*profiles, feature="chat", weight=Decimal(1)):
    return Entry(calls=profiles, features=(feature,) * len(profiles), weight=weight)


@pytest.fixture
def profile():
    return make_profile


@pytest.fixture
def entry():
    return make_entry


@pytest.fixture
def baseline():
    """A small baseline that uses every field."""
    header = Header(
        plugin_version="0.1.0",
        requests_per_month={"chat": Decimal(500_000), "search": Decimal("0.5")},
        scenarios={"base": {"traffic": "1", "context_growth": "0.30"}},
        overheads={"retries": Decimal("0.10"), "monitoring": Decimal(0)},
        production={
            "search": Production(is_session=True),
            "chat": Production(turns_per_session=Decimal(10), routes=(("z", Decimal("0.5")), ("a", Decimal("0.25")))),
        },
        models={"my-deployment": "azure/gpt-4.1-mini"},
        price_book="genai-prices 0.2.3",
        prices_as_of="2026-11-01",
        estimator="1",
        prompts={
            path: PromptFile(
                path=path,
                sha256="ab" * 32,
                model="claude-x",
                encoding="o200k_base",
                tokens=90,
                upper=120,
                source=Provenance.SCALED,
            )
            for path in ("prompts/a.md", "prompts/\u00fc.md")
        },
    )
    tests = {
        "tests/test_chat.py::test_greets[de]": make_entry(make_profile(0), make_profile(1), weight=Decimal("2.5")),
        "tests/test_chat.py::test_mixed": Entry(calls=(make_profile(0), make_profile(2)), features=("chat", None)),
        "tests/test_mute.py::test_says_nothing": make_entry(),
        "tests/test_search.py::test_finds": make_entry(
            make_profile(
                3,
                product=Product("openai", "text-embedding-3-small", "embeddings", "flex"),
                usage=Usage(input_tokens=9),
                usage_source=Provenance.SCALED,
                blocks=(),
                reported_tokens=None,
                reported_for=None,
                output_limit=None,
            ),
            feature=None,
        ),
    }
    accepted = (
        Acceptance(
            on="2026-11-02", by="Ada", reason="a longer answer", before_usd=Decimal("10.5"), after_usd=None, until=None
        ),
        Acceptance(
            on="2026-11-20",
            by="",
            reason="launch",
            before_usd=Decimal(11),
            after_usd=Decimal("12.25"),
            until="2026-12-31",
        ),
    )
    return Baseline(header=header, tests=tests, accepted=accepted, source="llmcost-baseline.json")


class Repository:
    """A git repository that no setting of the machine reaches."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments, check=True):
        who = {f"GIT_{role}_{key}": "dev@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
        command = ["git", "-C", str(self.root), *arguments]
        done = subprocess.run(command, env=os.environ | who | nowhere, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.strip()

    def commit(self, message="change", **files):
        """Commit files given as path=text, with `__` for `/` and `_json` for the suffix."""
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_json", ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def clone(self, to: Path, *options):
        self.git("clone", "--quiet", *options, self.root.as_uri(), str(to))
        clone = object.__new__(Repository)
        clone.root = to
        return clone


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "project")

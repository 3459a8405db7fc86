"""`llmcost init`: a commented starting `[tool.llmcost]` table, added to pyproject.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

TABLE = """\
# What the LLM calls of the tests will cost in production: pytest --llmcost. All keys: docs/configuration.md.
[tool.llmcost]
baseline = "llmcost-baseline.json" # written by pytest --llmcost --llmcost-update-baseline; commit it
max_increase_percent = 10 # of the monthly total, over the baseline; more fails the run

# A feature is something that your users do. Name the tests that stand for one request of it, and its traffic:
#
# [tool.llmcost.features.support_chat]
# tests = ["tests/test_support.py"] # or call_sites = ["src/app/support.py"]
# requests_per_month = 500_000 # or requests_per_day, or monthly_users and sessions_per_user
#
# In a conversation, later requests carry the history of earlier ones:
# turns_per_session = 10 # or sample = "session", where a test is a whole one
# history_turns = 8 # where the product keeps so many
# cache_hit_rate = 0.8 # share of requests that find the provider's prefix cache warm
# response_cache_hit_rate = 0.2 # share of requests that your own cache answers
#
# [tool.llmcost.features.support_chat.budget]
# monthly_usd = 3000
# request_usd = 0.02 # the mean of its tests
# input_tokens = 4000 # of any one call
#
# [tool.llmcost.budget] # the whole application
# monthly_usd = 5000
# run_usd = 2.00 # what one test run may really spend
#
# [tool.llmcost.prompts] # files held to a size, whether a test sends them or not
# "prompts/*.md" = { max_tokens = 1200, model = "gpt-4o" }
#
# [tool.llmcost.overheads] # costs beside inference, as shares of its cost
# retries = 0.10
# evaluation = 0.15
#
# [tool.llmcost.discounts] # what was negotiated, off the list price of a provider or a model
# openai = { percent = 15, reason = "enterprise agreement" }
#
# [tool.llmcost.currency] # what amounts are drawn in; limits stay in US dollars
# code = "EUR"
# per_usd = 0.92
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        default=Path("pyproject.toml"),
        metavar="FILE",
        help="the TOML file to add the table to; pyproject.toml when none is named",
    )


def run(options: argparse.Namespace) -> int:
    """Add the table; ConfigurationError when there is one, or when the file cannot take it."""
    from pytest_llmcost.cli.output import emit
    from pytest_llmcost.storage.atomic import replacing

    path: Path = options.file
    text = _with_table(_read(path), path)
    try:
        with replacing(path) as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    emit(f"{path} has a [tool.llmcost] table now: declare a feature in it, then run pytest --llmcost\n", None)
    return 0


def _read(path: Path) -> str:
    """The text of the file, line ends as they are; nothing when there is no file yet."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {reason}") from error


def _with_table(text: str, path: Path) -> str:
    """The text and, at its end, the table."""
    tool = _parsed(text, path).get("tool", {})
    if isinstance(tool, dict) and "llmcost" in tool:
        raise ConfigurationError(f"{path} has a [tool.llmcost] table already: edit that one")
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else 2 * end
    longer = text + gap + TABLE.replace("\n", end)
    # Where `tool` is a value or an inline table, nothing can be added to it from below.
    _parsed(longer, path, " with a [tool.llmcost] table added")
    return longer


def _parsed(text: str, path: Path, how: str = "") -> dict[str, object]:
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}{how} is not TOML: {' '.join(str(error).split())}") from error

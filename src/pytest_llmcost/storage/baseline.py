"""The baseline file: JSON, one row a line, laid out so that git merges it and small changes stay small.

Every row ends in a comma and every section in the same empty row, so that adding or removing a row touches no other
line. Text blocks and equal call profiles are written once and referred to by fingerprint and by id.
"""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmcost.core.production_row import row
from pytest_llmcost.core.usage import FIELDS
from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage import call_ids, collector
from pytest_llmcost.storage.atomic import reason, replacing
from pytest_llmcost.storage.baseline_rows import acceptances, decode
from pytest_llmcost.storage.document import VERSION, Kind, parse
from pytest_llmcost.storage.row_values import WrongRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_llmcost.core.baseline import Acceptance, Baseline, Entry, Header
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.prompt import Block
    from pytest_llmcost.core.prompt_files import PromptFile

FORMAT = "pytest-llmcost/baseline"

KIND = Kind(
    format=FORMAT,
    noun="a baseline",
    renew="rerun with --llmcost-update-baseline to write a new one",
    error=BaselineError,
)


_BY_REASON = attrgetter("reason", "on", "by")


def loads(text: str | bytes, *, source: str) -> Baseline:
    """Return the baseline that a file holds; `source` names the file for people.

    Raises BaselineError, one sentence with the fix, for whatever is no baseline of this version.
    """
    with collector.paused():  # two thirds of the time otherwise
        document = parse(text, source=source, kind=KIND)
        try:
            return decode(document, source)
        except WrongRowError as problem:
            raise BaselineError(f"{source} is damaged ({problem}): {KIND.renew}") from None


def read(path: Path, *, source: str | None = None) -> Baseline:
    """Read a baseline file, known to people as `source`.

    Raises BaselineError as `loads` does, and when the file is not there.
    """
    name = source or str(path)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise BaselineError(f"{name} does not exist: name another baseline, or {KIND.renew}") from None
    except (OSError, ValueError) as error:
        raise BaselineError(f"{name} cannot be read ({reason(error)}): name another baseline") from None
    return loads(text, source=name)


def salvaged(path: Path) -> tuple[Acceptance, ...]:
    """Return the accepted increases of a file that cannot be read as a whole, both sides of a conflict included.

    They are its history, and no run can bring them back.
    """
    try:
        return acceptances(path.read_bytes().decode("utf-8", "replace"))
    except (OSError, ValueError):
        return ()


def write(path: Path, baseline: Baseline) -> None:
    """Replace a baseline file, whole or not at all, with the call ids of the file that it replaces kept where they fit.

    Raises BaselineError when it cannot be written.
    """
    try:
        previous = path.read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError):
        previous = ""
    try:
        with replacing(path) as stream:
            stream.write(dumps(baseline, previous=previous))
    except (OSError, ValueError) as error:
        raise BaselineError(f"{path} cannot be written ({reason(error)}): set another `baseline`") from None


def dumps(baseline: Baseline, *, previous: str = "") -> str:
    """Return the text of a baseline file; the same baseline and `previous` always give the same text.

    `previous` is the text of the file that this one replaces. A call profile that stands where one stood before keeps
    its id, so that a changed prompt touches the rows of blocks and calls and not those of the tests that share it. A
    text that cannot be read is no previous one.
    """
    blocks = _blocks(baseline)
    rows = {profile: _line(_call_row(profile, blocks)) for entry in baseline.tests.values() for profile in entry.calls}
    standing = {test: tuple(rows[profile] for profile in entry.calls) for test, entry in baseline.tests.items()}
    ids = call_ids.assign(standing, _previous(previous))
    calls = sorted((name, row) for row, name in ids.items())
    names = {profile: ids[row] for profile, row in rows.items()}
    sections = {
        # By reason: in the order of days, two branches would always add their rows in the same place.
        "accepted": [_line(_acceptance_row(one)) for one in sorted(baseline.accepted, key=_BY_REASON)],
        "pieces": [_line(pair) for pair in sorted(_pieces(baseline).items())],
        "blocks": _block_rows(baseline, blocks),
        "calls": [f"[{_line(name)},{row[1:]}" for name, row in calls],
        "tests": [_line(_test_row(test, entry, names)) for test, entry in sorted(baseline.tests.items())],
    }
    head = f'{{\n"format": {_line(FORMAT)},\n"version": {VERSION},\n"header": {{\n{_header(baseline.header)}\n}},\n'
    return f"{head}{_sections(sections)}\n}}\n"


def _line(row: object) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _sections(sections: Mapping[str, Iterable[str]]) -> str:
    parts = ("".join(f"{row},\n" for row in rows) for rows in sections.values())
    return ",\n".join(f"{_line(name)}: [\n{part}[]\n]" for name, part in zip(sections, parts, strict=True))


def _header(header: Header) -> str:
    single = {
        "plugin_version": header.plugin_version,
        "commit": header.commit,
        "price_book": header.price_book,
        "prices_as_of": header.prices_as_of,
        "estimator": header.estimator,
    }
    traffic = {feature: f"{requests:f}" for feature, requests in header.requests_per_month.items()}
    scenarios = {name: dict(sorted(values.items())) for name, values in header.scenarios.items()}
    overheads = {name: f"{share:f}" for name, share in header.overheads.items()}
    tables: dict[str, Mapping[str, object]] = {
        "requests_per_month": traffic,
        "scenarios": scenarios,
        "overheads": overheads,
        "models": header.models,
    }
    if header.production:
        tables["production"] = {name: dict(sorted(row(one).items())) for name, one in header.production.items()}
    if header.prompts:  # both last: a file without any reads as it always did
        tables["prompts"] = {path: _prompt_row(one) for path, one in header.prompts.items()}
    lines = "".join(f'"{name}": {_line(value)},\n' for name, value in single.items())
    return lines + _sections({name: [_line(pair) for pair in sorted(rows.items())] for name, rows in tables.items()})


def _prompt_row(file: PromptFile) -> list[object]:
    """Return the hash of the text, whose tokens were counted with what, how many, at most, and how that is known."""
    return [file.sha256, file.model, file.encoding, file.tokens, file.upper, file.source]


def _acceptance_row(one: Acceptance) -> list[str | None]:
    """Return when, who, why, how much (US dollars before and after), and the last day on which it holds."""
    before, after = (None if usd is None else f"{usd:f}" for usd in (one.before_usd, one.after_usd))
    return [one.on, one.by, one.reason, before, after, one.until]


def _every_block(baseline: Baseline) -> Iterator[Block]:
    for profile in {profile for entry in baseline.tests.values() for profile in entry.calls}:
        yield from profile.blocks


def _blocks(baseline: Baseline) -> dict[str, int]:
    """Return tokens by fingerprint; where counts of one text differ, the smallest stands and a call tells its own."""
    known: dict[str, int] = {}
    for block in _every_block(baseline):
        known[block.fingerprint] = min(block.tokens, known.get(block.fingerprint, block.tokens))
    return known


def _block_rows(baseline: Baseline, tokens: Mapping[str, int]) -> list[str]:
    """Return fingerprint and tokens of each block; then its pieces and its spare tokens, where it has such."""
    found = {one.fingerprint: one for one in _every_block(baseline)}
    return [_line([name, count, *_more(found[name])]) for name, count in sorted(tokens.items())]


def _more(block: Block) -> list[object]:
    pieces = [piece.fingerprint for piece in block.pieces]
    return [pieces, block.spare] if block.spare else [pieces] if pieces else []


def _pieces(baseline: Baseline) -> dict[str, int]:
    return {piece.fingerprint: piece.tokens for block in _every_block(baseline) for piece in block.pieces}


def _call_row(profile: Profile, blocks: Mapping[str, int]) -> list[object]:
    product = {"provider": profile.product.provider, "model": profile.product.model}
    if profile.product.operation != "chat":
        product["operation"] = profile.product.operation
    if profile.product.service_tier is not None:
        product["service_tier"] = profile.product.service_tier
    usage = {name: getattr(profile.usage, name) for name in FIELDS}
    return [
        product,
        {name: count for name, count in usage.items() if count is not None},
        profile.usage_source,
        profile.input_tokens_upper,
        profile.prompt,
        [
            [block.segment, block.fingerprint, *([block.tokens] if block.tokens != blocks[block.fingerprint] else [])]
            for block in profile.blocks
        ],
        profile.counted_tokens,
        profile.reported_tokens,
        profile.reported_for,
        profile.output_limit,
    ]


def _test_row(test: str, entry: Entry, names: Mapping[Profile, str]) -> list[object]:
    """Return node id, weight, feature (one for all calls, or a list with one each) and call ids."""
    one_for_all = len(set(entry.features)) <= 1
    feature = next(iter(entry.features), None) if one_for_all else entry.features
    return [test, f"{entry.weight:f}", feature, [names[profile] for profile in entry.calls]]


def _previous(text: str) -> call_ids.Previous:
    try:
        loads(text, source="")
    except BaselineError:
        return call_ids.Previous()
    # Sound from here on: `loads` has looked at every row.
    document = json.loads(text.removeprefix("\ufeff"))
    return call_ids.Previous(
        calls={row[0]: _line(row[1:]) for row in document["calls"] if row},
        tests={row[0]: tuple(row[3]) for row in document["tests"] if row},
    )

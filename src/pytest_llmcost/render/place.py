"""Place: what a comment on a pull request can link to, and who measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

_LOCATION = re.compile(r"(?P<path>.*?)(?::(?P<line>[0-9]{1,9}))?")

_HASH = re.compile("[0-9a-f]{40,64}")

_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/[A-Za-z0-9\-._~/%+=&?]*")
"""What can stand between the brackets of a link as it is."""

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run belongs. What is None is not linked, and not named.

    Attributes:
        head: full hash of the commit tested: the pull request's own, not the merge commit.
        base: name of the branch that it is to be merged into.
        files: URL of the repository's files at head, ending with `/`: https://github.com/acme/shop/blob/<head>/
        run: URL of the CI run, where the job summary is.
        is_verified: False for a run that the code of a fork has measured.
    """

    head: str | None = None
    base: str | None = None
    files: str | None = None
    run: str | None = None
    is_verified: bool = True

    def commit(self) -> str | None:
        """Return the first seven digits of the commit tested; None where none is known."""
        return self.head[:7] if self.head and _HASH.fullmatch(self.head) else None

    def page(self) -> str | None:
        """Return the URL of the CI run, if it is one that can be linked."""
        return self.run if self.run and _URL.fullmatch(self.run) else None

    def url(self, location: str) -> str | None:
        """Return the URL of a `path` or `path:line`; None for what is no file within the repository."""
        if self.files is None or not self.files.endswith("/") or not _URL.fullmatch(self.files):
            return None
        found = _LOCATION.fullmatch(location)
        if found is None or not _is_within(found["path"]):
            return None
        line = f"#L{found['line']}" if found["line"] else ""
        return f"{self.files}{quote(found['path'], safe='/')}{line}"


NOWHERE = Place()
"""Nothing can be linked."""


def _is_within(path: str) -> bool:
    """Whether a path leads to a file below the root: no step up, no drive, no scheme, nothing that cannot be seen."""
    steps = path.split("/")
    odd = not path.isprintable() or ":" in path or "\\" in path or len(path) > _LONGEST
    return not odd and not any(step in ("", ".", "..") for step in steps)

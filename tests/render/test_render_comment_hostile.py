"""20,000 hostile names in whole comments: two parsers see nothing in them but text."""

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from hostile_reports import FILES, RUN, harmless, nasty, place, spoiled, uncompared

from pytest_llmcost.render.comment import comment
from pytest_llmcost.render.summary import summary

REMARK = Path(__file__).parent / "remark"

NAMES = 20_000

INLINE = {"code", "a"}
"""What a name may become instead of plain words: code, and a link to its file."""

ALIVE = re.compile(
    r"@\w|#[0-9]|\bGH-[0-9]|(?<![\w-])[0-9a-f]{7,40}(?![\w-])|://|www\.|mailto:|:[a-z0-9_+]+:|\$x|&\w+;",
    re.IGNORECASE | re.ASCII,
)
"""What GitHub would turn into something, were it not in code."""


class Page(NamedTuple):
    """What a reader's page has: elements, columns of every table row, targets of links, text outside of code."""

    tags: list[str]
    columns: list[int]
    links: list[str]
    text: str

    def shape(self):
        return [tag for tag in self.tags if tag not in INLINE], self.columns


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.tags, self.columns, self.links, self.text, self.depth = [], [], [], [], 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.depth += tag == "code"
        self.text += [" "] if tag == "code" else []
        if tag == "tr":
            self.columns.append(0)
        if tag in {"td", "th"}:
            self.columns[-1] += 1
        self.links += [value for name, value in attributes if name in {"href", "src"}]

    def handle_endtag(self, tag):
        self.depth -= tag == "code"

    def handle_data(self, data):
        self.text += [] if self.depth else [data]

    def handle_entityref(self, name):
        self.handle_data(unescape(f"&{name};"))

    def handle_charref(self, name):
        self.handle_data(unescape(f"&#{name};"))

    def handle_comment(self, data):
        self.tags.append("!--")

    def handle_decl(self, decl):
        self.tags.append("!")

    unknown_decl = handle_pi = handle_decl


def by_cmark(texts):
    cmarkgfm = pytest.importorskip("cmarkgfm")
    options = pytest.importorskip("cmarkgfm.cmark").Options
    for text in texts:
        reader = Reader()
        flags = options.CMARK_OPT_UNSAFE | options.CMARK_OPT_HARDBREAKS | options.CMARK_OPT_FOOTNOTES
        reader.feed(cmarkgfm.github_flavored_markdown_to_html(text, flags))
        yield Page(reader.tags, reader.columns, reader.links, "".join(reader.text))


def by_remark(texts):
    node = shutil.which("node")
    if node is None or not (REMARK / "node_modules").is_dir():
        pytest.skip("needs node, and `npm install` in tests/render/remark")
    done = subprocess.run(
        [node, "skeletons.mjs"],
        cwd=REMARK,
        input=json.dumps(list(texts)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert not done.returncode, done.stderr[:2000]
    return [Page(one["tags"], one["columns"], one["links"], one["text"]) for one in json.loads(done.stdout)]


@pytest.fixture(scope="session")
def hostile_comments(rich):
    """Comments that show 20,000 names, and one like them with harmless ones."""
    texts, shown, seed = [], set(), 0
    while len(shown) < NAMES:
        seed += 1
        text = nasty(seed)
        texts.append(comment(spoiled(rich, text), place(text)))
        shown.update(re.findall("q[0-9]+q", texts[-1]))
    text = harmless()
    return texts, comment(spoiled(rich, text), place(text))


@pytest.mark.parametrize("parse", [by_cmark, by_remark])
def test_20000_hostile_names_are_nothing_but_text_in_a_comment(hostile_comments, parse):
    texts, harmless_one = hostile_comments
    expected, *pages = parse([harmless_one, *texts])
    for text, page in zip(texts, pages, strict=True):
        assert page.shape() == expected.shape(), text
        assert not [link for link in page.links if link != RUN and not link.startswith(FILES)], text
        assert not ALIVE.findall(page.text), text


@pytest.mark.parametrize("parse", [by_cmark, by_remark])
@pytest.mark.parametrize("drawn", [lambda report, _: summary(report), comment], ids=["summary", "comment"])
@pytest.mark.parametrize("made", [spoiled, uncompared])
def test_hostile_names_are_nothing_but_text_in_summaries_and_without_a_baseline(rich, parse, drawn, made):
    texts = [drawn(made(rich, text), place(text)) for text in map(nasty, range(1, 9))]
    text = harmless()
    expected, *pages = parse([drawn(made(rich, text), place(text)), *texts])
    for shown, page in zip(texts, pages, strict=True):
        assert page.shape() == expected.shape(), shown
        assert not [link for link in page.links if link != RUN and not link.startswith(FILES)], shown
        assert not ALIVE.findall(page.text), shown

"""Texts that tokenizers cut more finely than o200k_base: other scripts, accents, markup."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.tokens import Counter, encodings
from pytest_llmcost.tokens.families import FAMILIES, family_of
from pytest_llmcost.tokens.writing import SHORTEST, Writing, writing

SAMPLES = {
    "The way home is longer than the way out, as everybody here knows since the winter of 1948. ": Writing.PLAIN,
    "- **Never** name a price that `prices.md` does not have, and ask first (see the rules below).\n": Writing.PLAIN,
    "    def cost(self, usage: Usage) -> Cost:\n        return Cost(self.usd(usage), self.note)\n\n": Writing.PLAIN,
    json.dumps({"id": 17, "name": "abc", "tags": ["x", "y"], "open": True}): Writing.MARKUP,
    "<div class='a'><p>Hello there</p><a href='x'>link</a></div>\n": Writing.MARKUP,
    "Der Weg zurück ist länger als der Weg hin, das weiß hier jeder und hält sich dafür bereit. ": Writing.ACCENTED,
    "Le chemin du retour paraît plus long à la fin d'une journée passée à marcher. ": Writing.ACCENTED,
    "Каждый из нас знает, что дорога домой длиннее дороги из дома. ": Writing.CYRILLIC,
    "الطريق إلى البيت أطول من الطريق منه كما يعرف الجميع. ": Writing.ARABIC,
    "我们都知道回家的路比离家的路更长。": Writing.CHINESE,
    "हम सब जानते हैं कि घर लौटने का रास्ता लंबा होता है। ": Writing.INDIC,
    "帰り道が行きより長く感じるのは、ここではだれもが知っている。": Writing.CHINESE,
    "집으로 돌아가는 길이 더 멀다는 것은 여기서 누구나 안다. ": Writing.KOREAN,
    "Καθένας ξέρει πως η επιστροφή μοιάζει πιο μακριά. ": Writing.GREEK,
    "ทางกลับบ้านยาวกว่าทางออกจากบ้านเสมอ ": Writing.INDIC,
    "The \u201cway home\u201d is longer \u2014 as everybody here knows \u2014 than the way out. ": Writing.PLAIN,
}


@pytest.mark.parametrize(("sample", "expected"), SAMPLES.items())
def test_a_text_is_of_one_writing(sample, expected):
    text = sample * (SHORTEST // len(sample) + 1)
    assert writing(text) is expected
    assert writing(text[: SHORTEST - 1]) is Writing.PLAIN


@given(st.text(max_size=2_000))
def test_any_text_has_a_writing(text):
    assert writing(text) in Writing


@pytest.mark.parametrize("model", ["claude-sonnet-4-6", "claude-opus-4-8", "gemini-2.5-pro", "mistral-large-latest"])
def test_a_text_costs_by_its_writing(model):
    family = family_of("any", model, "chat")
    for sample in SAMPLES:
        text = sample * 40
        tokens = Counter().count("any", model, "chat", (Part(Segment.USER, "text", text),)).blocks[0].tokens
        scale = family.scales.get(writing(text), family.scale_permille)
        assert tokens == (scale * encodings.count("o200k_base", text) + 500) // 1000


def test_openais_own_encodings_need_no_scale():
    assert not any(one.scales for one in FAMILIES if one.own)

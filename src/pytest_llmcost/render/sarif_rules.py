"""What each rule means, for those who read it outside of our pages: the words that SARIF asks for."""

from __future__ import annotations

MEANINGS = {
    "accepted": "An increase was accepted in this change, with a reason.",
    "acceptance-expired": "An increase was accepted until a day that is past, and the cost is still above what it was.",
    "baseline-age": "The baseline was last written some commits ago: part of the difference is not of this change.",
    "baseline-raised": "The baseline file became dearer in this change, and nobody accepted that.",
    "baseline-unread": "The baseline file of this change cannot be read.",
    "budget.*": "A budget is exceeded, or nearly so.",
    "bypassed-mock": "A call reached the network past an active mock tool that does not know its client.",
    "combined-baseline": "Combined runs were compared with another baseline than their sum.",
    "combined-commit": "Combined runs are of different commits, so their sum is no state of the code.",
    "combined-config": "A combined run was recorded with another configuration than the one that judges.",
    "combined-dirty": "Combined runs had changes in their work tree that no commit holds.",
    "combined-gap": "Tests were collected and ran in none of the combined runs.",
    "combined-prices": "Combined runs were priced with different price lists, or on different days.",
    "combined-repeated": "The same test ran in several of the combined runs, and not in the same way.",
    "combined-versions": "Combined runs were recorded with different versions of pytest-llmcost.",
    "discount": "A declared discount is over, or no call is to what it is for.",
    "equal-claim": "Two features, two discounts or two limits of prompts have an equal claim, so neither holds.",
    "estimated": "Calls do not report all of their usage, so what they leave out is an estimate.",
    "estimator": "The baseline was written by a version that counts tokens in another way.",
    "internal": "pytest-llmcost itself has failed; a call may be missing, or a report was not written.",
    "limit.*": "A test broke a limit of its marker or of the llmcost fixture.",
    "live": "A test reached the network, which this project forbids.",
    "lost-worker": "A worker of pytest-xdist died, and the calls of its test are lost.",
    "turn-size": "What a turn of a conversation adds is taken from calls whose prompt was not seen.",
    "no-effect": "A lever of production is declared, and changes no cost.",
    "no-traffic": "No feature declares traffic, so there is no monthly figure.",
    "noise": "Live calls answer differently each time, so their outputs move by chance.",
    "cache-rate": "A hit rate of the provider's cache is declared, and saves nothing.",
    "not-captured": "A model was called, or a process started, where calls cannot be read: they are in no total.",
    "output-limit": "A call lost its limit on output tokens, so a long answer has no ceiling.",
    "price-assumed": "A price had to assume something that the price list does not know.",
    "price-book": "The price list is old, or the baseline was written under another release of it.",
    "regression": "LLM calls cost more than in the baseline, beyond what the project allows.",
    "replaced": "A function or client of an SDK was replaced in a way that hides the calls it answers.",
    "shard": "One group of the tests ran only, so the verdict is about a part.",
    "silent": "Tests that made LLM calls in the baseline passed without any.",
    "slack": "LLM calls cost less than in the baseline, which lets the next increases through.",
    "spend": "The run has spent what it was allowed to on real calls.",
    "stale-reply": "Recorded or mocked replies do not belong to their requests.",
    "uncounted": "A limit on the size of prompt files has no count to hold, so it cannot pass.",
    "uncovered": "A feature declares traffic, and no test is a sample of it.",
    "unpriced": "Calls use a model without a known price, so their cost is in no total.",
    "unreported": "Replies that reported their usage in the baseline do no more.",
    "unsampled": "A feature has lost all its samples, so its cost is in no total.",
}
"""Rule, or group of rules that end with a key -> one sentence. docs/findings.md has a section for each."""


def section(rule: str) -> str:
    """Return the section of docs/findings.md that a rule has: `budget.*` for `budget.monthly_usd`."""
    group, dot, _ = rule.partition(".")
    return f"{group}.*" if dot else rule


def meaning(rule: str) -> str:
    """Return what it means that a rule is broken; words for any rule where this version does not know it."""
    return MEANINGS.get(section(rule), "A rule about the cost of LLM calls is broken, or nearly so.")

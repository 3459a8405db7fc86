"""Counting where no usage came: encodings kept in the package, and what is known of each family of models."""

from pytest_llmcost.tokens.counter import ESTIMATOR, Counter
from pytest_llmcost.tokens.fingerprints import fingerprint, prompt_sha256

__all__ = ["ESTIMATOR", "Counter", "fingerprint", "prompt_sha256"]

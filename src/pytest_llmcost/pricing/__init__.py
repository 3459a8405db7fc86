"""Pricing: what a call costs, from the user's own prices and from the price book of genai-prices."""

from pytest_llmcost.pricing.book import PriceBook

__all__ = ["PriceBook"]

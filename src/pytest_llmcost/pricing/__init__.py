"""Pricing: what a call costs, from the user's own prices, genai-prices and a list of what that lacks."""

from pytest_llmcost.pricing.book import PriceBook

__all__ = ["PriceBook"]

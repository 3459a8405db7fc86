"""What the LLM calls of a test suite will cost a month in production."""

__version__ = "0.1.0.dev0"

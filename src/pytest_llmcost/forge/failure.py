"""What can go wrong with a forge: one sentence each, which never holds a token."""

from pytest_llmcost.errors import LlmCostError


class ForgeError(LlmCostError):
    """The forge, its answer, or what was asked of it is wrong."""


class DeniedError(ForgeError):
    """The token is not accepted, or lacks a permission; asking again does not help."""


class MissingError(ForgeError):
    """The forge has no such thing, or does not show it to this token."""


class TooLongError(ForgeError):
    """The text is longer than the forge takes."""


class DownError(ForgeError):
    """The forge did not answer, or its limits are used up, for longer than it is worth waiting."""


class AgainError(ForgeError):
    """A write may or may not have been done; it was waited for, and the thread has to be read again."""

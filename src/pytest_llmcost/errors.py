"""The errors that a user can read: one sentence each, with what, where and how to fix it."""


class LlmCostError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigurationError(LlmCostError):
    """`[tool.llmcost]` or an option is wrong; one line per problem."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class BaselineError(LlmCostError):
    """The baseline cannot be read: conflict markers, another format, not a baseline."""


class RunFileError(LlmCostError):
    """A run file cannot be read or written."""


class GitError(LlmCostError):
    """Git cannot show what was asked of it: no repository, unknown ref, shallow clone."""


class CaptureError(LlmCostError):
    """An exchange cannot be read as a call although its address says that it is one."""


class SpendLimitReached(BaseException):
    """The run has spent `--llmcost-max-spend`; raised in place of the next call.

    Not an Exception, so that the retry loops and `except Exception` of an application do not swallow it.
    """

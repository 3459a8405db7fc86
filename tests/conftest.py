"""No test learns that it runs in CI, and properties are checked without a clock.

None writes into the job summary, annotates, or compares with a base branch. How long one example takes depends on who
else uses the machine.
"""

import os

from hypothesis import settings

_OF_CI = ("GITHUB_", "ACTIONS_", "CI_", "GITLAB_")

# When this file is loaded, not in a fixture: processes that tests start inherit what is here, whoever starts them.
for _name in [name for name in os.environ if name.startswith(_OF_CI)]:
    del os.environ[_name]

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")

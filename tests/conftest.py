"""No test learns that it runs in CI: none writes into the job summary, annotates, or compares with a base branch."""

import os

_OF_CI = ("GITHUB_", "ACTIONS_", "CI_", "GITLAB_")

# When this file is loaded, not in a fixture: processes that tests start inherit what is here, whoever starts them.
for _name in [name for name in os.environ if name.startswith(_OF_CI)]:
    del os.environ[_name]

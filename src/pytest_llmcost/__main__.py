"""python -m pytest_llmcost."""

from pytest_llmcost.cli import main

raise SystemExit(main())

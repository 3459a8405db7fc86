"""Writes the figures of a workload when all of pytest is over, the report included."""

import sys

import pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    workload = sys.modules.get("workload")
    if workload is not None:
        workload.write_figures()

"""Real processes for the tests; none is left behind."""

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("PYTHONHASHSEED", "0")  # as netplay has it; so no command needs to start itself again
sys.path.insert(0, str(Path(__file__).parent))  # for staging.py and judging.py, and the environments here
sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))
sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))  # for report_page.py

from staging import Stage, expect_nothing_left


@pytest.fixture
def stage(xprocess, request, tmp_path):
    stage = Stage(xprocess, f"p{os.getpid()}-{request.node.name[:40]}", tmp_path)
    yield stage
    stage.end()


@pytest.fixture(autouse=True)
def nothing_is_left_running(tmp_path):
    """After each test: no new child of ours, and no process that works for this test's folder."""
    with expect_nothing_left(tmp_path):
        yield


def pytest_collection_modifyitems(items):
    """The longest first, so that nobody waits for them at the end."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")

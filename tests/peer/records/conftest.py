"""The logs that these tests write and damage."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for example_log.py

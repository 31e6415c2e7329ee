"""Broker tests share what is said to brokers with the fuzz of running ones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))

"""`make bench`: every measured figure beside its bar. `--json` for machines; names choose benches."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rows import Row

HERE = Path(__file__).parent


def main() -> None:
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    console = Console(stderr=True)
    measured: list[Row] = []
    for name in names or found:
        with console.status(f"measuring {name} ..."):
            measured += importlib.import_module(f"bench_{name}").rows()
    if "--json" in sys.argv:
        print(json.dumps([asdict(row) for row in measured], indent=1))
        return
    table = Table(title="netplay bench (ratios are of one run on this machine)", title_justify="left")
    for column in ("what", "measured", "bar"):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for row in measured:
        table.add_row(row.name, f"{row.value:,.4g} {row.unit}", row.bar)
    Console().print(table)


if __name__ == "__main__":
    main()

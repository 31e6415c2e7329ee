"""`make bench`: every measured figure beside its bar. `--json` for machines; names choose benches."""

from __future__ import annotations

import importlib
import json
import os
import platform
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
        rows = [asdict(row) | {"share_of_bar": row.share} for row in measured]
        print(json.dumps({"machine": machine(), "rows": rows}, indent=1))
        return
    table = Table(title="netplay bench (ratios are of one run on this machine)", title_justify="left")
    for column in ("what", "measured", "bar", "elsewhere"):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for row in measured:
        missed = row.share is not None and row.share > 1
        figure = f"{row.value:,.4g} {row.unit}"
        table.add_row(row.name, f"[red]{figure}[/red]" if missed else figure, row.bar, row.elsewhere)
    Console().print(table)


def machine() -> dict[str, str | int | None]:
    """Where it was measured: figures of two machines are not to be compared."""
    return {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}


if __name__ == "__main__":
    main()

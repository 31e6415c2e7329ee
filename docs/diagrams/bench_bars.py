"""Draws bench.svg from bench.json: how much of each bar is used up. `make docs`

bench.json is what `make bench ARGS=--json` printed on a quiet machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from drawing import FAINT, INK, LINE, PAPER, SURE, WRONG, box, line, text

HERE: Final = Path(__file__).parent
MEASURED: Final = HERE / "bench.json"
PICTURE: Final = HERE / "bench.svg"

WIDTH: Final = 1400
LEFT: Final = 690  # where the bars begin
FULL: Final = 380  # as long is one that is just met
LONGEST: Final = 1.3  # times that; longer ones are cut
ROW: Final = 34
TOP: Final = 96
STYLE: Final = f"""
    text {{ font-family: "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif; fill: {INK}; }}
    .title {{ font-size: 23px; font-weight: 700; }}
    .said {{ font-size: 14px; fill: {FAINT}; }}
    .name {{ font-size: 13.5px; text-anchor: end; }}
    .figure {{ font-size: 13px; }}
"""


def picture(rows: list[dict[str, Any]]) -> str:
    """Those of `rows` whose bar is a number."""
    shown = [row for row in _named(rows) if row["share_of_bar"] is not None]
    tall = TOP + ROW * len(shown) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img">',
        f"<style>{STYLE}</style>",
        box(0, 0, WIDTH, tall, PAPER),
        text(40, 46, "What is measured, against what was asked", "title"),
        text(40, 70, "Shorter is better; a bar that reaches the line is just met.", "said"),
    ]
    for number, row in enumerate(shown):
        parts += _row(row, TOP + number * ROW)
    x = LEFT + FULL
    parts += [line(f"M{x} {TOP - 12} V{tall - 22}", INK, 1.6, 'stroke-dasharray="4 5"'), "</svg>"]
    return "\n".join(parts) + "\n"


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An indented row goes on from the one above it: the picture may not show that one."""
    named, above = [], ""
    for row in rows:
        if row["name"].startswith("  "):
            named.append(row | {"name": f"{above}: {row['name'].strip()}"})
        else:
            above = row["name"].split(",")[0]
            named.append(row)
    return named


def _row(row: dict[str, Any], y: float) -> list[str]:
    share = row["share_of_bar"]
    wide = max(FULL * min(share, LONGEST), 2.0)
    figure = f"{row['value']:,.3g} {row['unit']}   ({row['bar']})"
    return [
        text(LEFT - 16, y + 17, _short(row["name"]), "name"),
        box(LEFT, y + 3, FULL * LONGEST, 20, LINE, 'opacity="0.35"'),
        box(LEFT, y + 3, wide, 20, SURE if share <= 1 else WRONG),
        text(LEFT + FULL * LONGEST + 12, y + 18, figure, "figure"),
    ]


def _short(name: str) -> str:
    return " ".join(name.split())[:96]


if __name__ == "__main__":
    PICTURE.write_text(picture(json.loads(MEASURED.read_text())["rows"]))

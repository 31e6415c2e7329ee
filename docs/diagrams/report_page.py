"""Writes docs/report.md from peer/records/report_keys.py. `make docs`"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from peer.records.report import CONTRACT_KEYS
from peer.records.report_keys import MATCH, PEER, SPECTATOR, Keys

PAGE: Final = Path(__file__).parents[1] / "report.md"
_HEAD: Final = """# Reports

Every peer writes `peer-NAME.json` into the folder of `--out` when its match is over, every spectator
`spectator-NAME.json`; `netplay match` puts them together in `report.json`. Figures are of the whole match,
from its first frame here to its last. *How* says what a figure is over that time: a sum, a mean, the last
value, the most there was. A dot leads into a map or a list; `*` is any name. Keys in **bold** are a contract:
they stay.

Rewards and ends of episodes are taken from confirmed frames only. This page is made from
[report_keys.py](../peer/records/report_keys.py) by `make docs`.

"""
_MATCH_CONTRACT: Final = (
    *("match_id", "env", "seed", "players", "frames_confirmed", "digests_equal", "first_divergence"),
    *("wall_s", "peers"),
)


def table(title: str, keys: Keys, contract: tuple[str, ...] = ()) -> str:
    """One kind of report."""
    rows = [f"## {title}\n", "| key | unit | how | meaning |", "|---|---|---|---|"]
    for key, (unit, how, meaning) in keys.items():
        shown = f"**`{key}`**" if key.partition(".")[0] in contract else f"`{key}`"
        rows.append(f"| {shown} | {unit} | {how} | {meaning} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """The whole page."""
    tables = (
        table("A match: report.json", MATCH, _MATCH_CONTRACT),
        table("A peer: peer-NAME.json, and each of `peers`", PEER, CONTRACT_KEYS),
        table("A spectator: spectator-NAME.json, and each of `spectators`", SPECTATOR),
    )
    return _HEAD + "\n".join(tables)


if __name__ == "__main__":
    PAGE.write_text(page())

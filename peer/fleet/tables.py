"""The look all tables share: legible at 80 columns."""

from __future__ import annotations

from rich import box
from rich.table import Table


def plain_table(title: str, texts: tuple[str, ...], columns: tuple[str, ...]) -> Table:
    """A table whose columns named in `texts` are set left, and all others, being numbers, right."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        table.add_column(column, justify="left" if column in texts else "right", no_wrap=True)
    return table


def short_name(env: str) -> str:
    """`pettingzoo:butterfly/cooperative_pong_v6` -> `cooperative_pong_v6`."""
    return env.rpartition("/")[2] or env

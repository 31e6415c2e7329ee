"""Colours and shapes that the pictures share, as SVG text."""

from __future__ import annotations

from html import escape

PAPER, INK, FAINT, LINE = "#fcfbf8", "#1d2b36", "#6b7a86", "#d9d5cb"
SURE, GUESS, WRONG, AGAIN = "#1f6f8b", "#e3eef2", "#c8424f", "#e39a2d"


def text(x: float, y: float, words: str, kind: str, fill: str = "") -> str:
    colour = f' style="fill:{fill}"' if fill else ""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{colour}>{escape(words)}</text>'


def box(x: float, y: float, wide: float, tall: float, fill: str, more: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{tall:g}" rx="8" fill="{fill}" {more}/>'


def line(path: str, colour: str, wide: float = 2.2, more: str = "") -> str:
    stroke = f'stroke="{colour}" stroke-width="{wide}" stroke-linecap="round"'
    return f'<path d="{path}" fill="none" {stroke} {more}/>'


def head(x: float, y: float, colour: str, turned: int = 0) -> str:
    """An arrow's head whose tip is at (x, y); `turned` (degrees) from pointing right."""
    placed = f"translate({x:g} {y:g}) rotate({turned})"
    return f'<path d="M0 0 L-12 -6 L-12 6 z" fill="{colour}" transform="{placed}"/>'

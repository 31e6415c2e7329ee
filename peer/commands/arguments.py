"""What a command line may hold: checked where it is typed, and named as it is typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, get_args
from unicodedata import category

import typer
from typer.core import TyperCommand

from netcode.errors import ConfigError
from netcode.settings import MatchSettings

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, direction, half characters, line ends
_BOUNDS: Final = ("ge", "gt", "le", "lt")
MANY: Final = 10**9  # a bound from here on is nobody's business
SHOWN: Final = 40  # characters of a word that is refused
MAX_SECONDS: Final = 7 * 24 * 3600.0  # that anybody may wait for anything


def shown(text: str) -> str:
    """Safe to print, and not too long."""
    visible = "".join(
        character if character.isprintable() else character.encode("unicode_escape", "replace").decode()
        for character in text
    )
    return visible if len(visible) <= SHOWN else visible[: SHOWN - 3] + "..."


def whole(least: int, most: int) -> Callable[[object], int]:
    """A parser of whole numbers in this range."""

    words = f"from {least} to {most}" if most < MANY else f"of {least} or more"

    def parse(text: object) -> int:
        try:
            number = int(str(text))
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise typer.BadParameter(f"'{shown(str(text))}' - write a whole number {words}")
        return number

    return parse


def real(least: float, most: float, above: bool = False) -> Callable[[object], float]:
    """A parser of numbers in this range; `above`: greater than `least`."""
    words = f"above {least:.15g}, up to {most:.15g}" if above else f"from {least:.15g} to {most:.15g}"

    def parse(text: object) -> float:
        try:
            number = float(str(text))
        except ValueError:
            number = math.nan
        if not least <= number <= most or (above and number == least):
            raise typer.BadParameter(f"'{shown(str(text))}' - write a number {words}")
        return number

    return parse


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """A parser of one of these words."""
    known = tuple(names)
    listed = f"{', '.join(known[:-1])} or {known[-1]}"

    def parse(text: str) -> str:
        if text not in known:
            raise typer.BadParameter(f"'{shown(text)}' - write {listed}")
        return text

    return parse


def label(most: int) -> Callable[[str], str]:
    """A parser of names that others are told."""

    def parse(text: str) -> str:
        if text and not (text.isprintable() and text.strip()):  # "" is what is not given
            raise typer.BadParameter(f"'{shown(text)}' - write letters that everybody can see")
        if len(text) > most:
            raise typer.BadParameter(f"'{shown(text)}' - {len(text)} characters; write at most {most}")
        return text

    return parse


def place(text: str) -> tuple[int, int]:
    """`k/n`: the k-th of n. Raises: BadParameter"""
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count) <= 64):
        raise typer.BadParameter(f"'{shown(text)}' - write k/n, as in 0/2")
    return int(index), int(count)


def setting(name: str) -> Callable[[Any], Any]:
    """The parser of a match's setting, with the range that it has there."""
    field = MatchSettings.model_fields[name]
    if field.annotation not in (int, float):
        return one_of(get_args(field.annotation))
    bounds = {key: getattr(bound, key) for bound in field.metadata for key in _BOUNDS if hasattr(bound, key)}
    least = bounds["gt"] if "gt" in bounds else bounds["ge"]
    most = bounds["le"] if "le" in bounds else bounds["lt"] - 1
    return whole(least, most) if field.annotation is int else real(least, most, above="gt" in bounds)


def goes_with(option: str, other: str, *, given: bool, other_given: bool) -> None:
    """An option that would change nothing is a mistake. Raises: ConfigError"""
    if given and not other_given:
        raise ConfigError(f"{option} goes with {other}: without it, it changes nothing")


class CheckedCommand(TyperCommand):
    """A verb that takes no empty word, and none that a terminal or another machine could not show."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for before, arg in zip(["", *args], args, strict=False):
            option, equals, value = arg.partition("=") if arg.startswith("--") else ("", "", arg)
            where = option or (before if before.startswith("-") else "")
            if any(category(character) in _HIDDEN for character in arg):
                fault = f"'{shown(value or arg)}' has characters that cannot be shown"
                raise typer.BadParameter(fault, ctx=ctx, param_hint=f"'{shown(where)}'" if where else None)
            if not value and (equals or not option):
                raise typer.BadParameter(
                    "'' - leave it out, or write something",
                    ctx=ctx,
                    param_hint=f"'{where}'" if where else None,
                )
        return super().parse_args(ctx, args)

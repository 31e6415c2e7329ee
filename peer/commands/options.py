"""Command line options that several verbs share, and how they become a match."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from netcode.errors import ConfigError

AgreedEnv = Annotated[
    str | None,
    typer.Option("--env", metavar="ID", help="Agree to this environment, where it is a module:callable."),
]
Env = Annotated[str | None, typer.Option("--env", metavar="ID", help="The environment to play.")]
EnvArgs = Annotated[
    list[str] | None,
    typer.Option("--env-arg", metavar="KEY=VALUE", help="An argument for the environment; may be repeated."),
]
Players = Annotated[int | None, typer.Option("--players", metavar="N", help="How many play, 1 to 16.")]
OpenSlots = Annotated[
    int | None,
    typer.Option(
        "--open-slots", metavar="N", help="Begin without so many of the players; they come in with --into."
    ),
]
Frames = Annotated[
    int | None, typer.Option("--frames", metavar="N", help="Length of the match; 0: until left.")
]
Episodes = Annotated[
    int | None, typer.Option("--episodes", metavar="N", help="The match ends after so many; 0: no limit.")
]
Intermission = Annotated[
    int | None,
    typer.Option("--intermission", metavar="FRAMES", help="Of standing still between two episodes."),
]
FrameSkip = Annotated[
    int | None, typer.Option("--frame-skip", metavar="N", help="Steps of the environment in a frame.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="S", help="Same seed, same game.")]
Fps = Annotated[
    float | None, typer.Option("--fps", metavar="N", help="Frames a second, if not the game's own.")
]
Fast = Annotated[bool | None, typer.Option("--fast", help="As fast as the slowest peer can.")]
InputDelay = Annotated[
    str | None,
    typer.Option(
        "--input-delay", metavar="FRAMES", help="From key to action: 0 to 30, or auto; 2 if not given."
    ),
]
Window = Annotated[
    int | None, typer.Option("--prediction-window", metavar="FRAMES", help="How far to predict; 0: lockstep.")
]
Prediction = Annotated[
    str | None, typer.Option("--prediction", metavar="NAME", help="repeat-last, default, decay or learned.")
]
DigestInterval = Annotated[
    int | None, typer.Option("--digest-interval", metavar="FRAMES", help="Between two state digests.")
]
DisconnectTimeout = Annotated[
    float | None,
    typer.Option("--disconnect-timeout", metavar="SECONDS", help="Silence until a peer is lost."),
]
OnDrop = Annotated[
    str | None,
    typer.Option("--on-drop", metavar="HOW", help="When a player is lost: end, or play on (default, hold)."),
]
Witness = Annotated[
    str | None,
    typer.Option("--witness", metavar="WHO", help="Says which half of a split goes on: broker, or none."),
]
Takeover = Annotated[
    str | None,
    typer.Option("--takeover", metavar="SPEC", help="Controller that plays on for who is lost."),
]
CoPilot = Annotated[
    str | None,
    typer.Option("--co-pilot", metavar="SPEC", help="Policy that plays while a person's hands are still."),
]
CoPilotAfter = Annotated[
    float | None,
    typer.Option("--co-pilot-after", metavar="SECONDS", help="Of still hands until it does; 2 if not given."),
]
OnDesync = Annotated[
    str | None,
    typer.Option("--on-desync", metavar="HOW", help="When peers differ: stop, or resync and play on."),
]
WeatherName = Annotated[
    str | None,
    typer.Option("--weather", metavar="NAME", help="A bad link to play over, from configs/weather."),
]
DebugDelay = Annotated[
    int | None,
    typer.Option("--debug-remote-input-delay", metavar="FRAMES", help="Hold back remote inputs this long."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where reports and match logs go.")]


def input_delays(text: str | None) -> dict[str, Any]:
    """`--input-delay` as overrides of a match: one number is the match's default, too.

    Raises: ConfigError
    """
    from peer.input_delays import parse_delays

    if text is None:
        return {}
    delays = parse_delays(text)
    default = delays[0] if len(delays) == 1 and delays[0] != "auto" else None
    return {"input_delay": default, "input_delays": list(delays)}


def environment_arguments(words: list[str] | None) -> dict[str, Any] | None:
    """`["num_archers=1", "map=big"]` -> {"num_archers": 1, "map": "big"}; values are JSON where they can be.

    Raises: ConfigError for a word without `=`.
    """
    if not words:
        return None
    arguments: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError(f"--env-arg {word}: write it as KEY=VALUE")
        try:
            arguments[key] = json.loads(text)
        except ValueError:
            arguments[key] = text
    return arguments

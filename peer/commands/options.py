"""Command line options that several verbs share, and how they become a match."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from netcode.errors import ConfigError
from netcode.limits import MAX_INPUT_DELAY, MAX_NAME_CHARS, MAX_TEXT_BYTES
from netcode.settings import MatchSettings
from netcode.wire.text import printable
from peer.commands import arguments as a

MAX_ENV_CHARS: Final = MAX_TEXT_BYTES // 4  # as MatchSettings has it
OWN_NAME_CHARS: Final = MAX_NAME_CHARS - 12  # a spectator adds its process number

AgreedEnv = Annotated[
    str | None,
    typer.Option("--env", metavar="ID", help="Agree to this environment, where it is a module:callable."),
]
Env = Annotated[
    str | None,
    typer.Option("--env", metavar="ID", parser=a.label(MAX_ENV_CHARS), help="The environment to play."),
]
EnvArgs = Annotated[
    list[str] | None,
    typer.Option("--env-arg", metavar="KEY=VALUE", help="An argument for the environment; may be repeated."),
]


def setting(name: str, metavar: str, text: str, option: str = "") -> Any:
    """The option of a match's setting, with the range that it has there."""
    return typer.Option(
        option or f"--{name.replace('_', '-')}", metavar=metavar, parser=a.setting(name), help=text
    )


Players = Annotated[int | None, setting("players", "N", "How many play, 1 to 16.")]
OpenSlots = Annotated[
    int | None,
    setting("open_slots", "N", "Begin without so many of the players; they come in later, with --into."),
]
Frames = Annotated[int | None, setting("frames", "N", "Length of the match; 0: until left.")]
Episodes = Annotated[
    int | None, setting("episodes", "N", "The match ends after so many episodes; 0: no limit.")
]
Intermission = Annotated[
    int | None,
    setting("intermission", "FRAMES", "How long all stand still between two episodes; 0 if not given."),
]
FrameSkip = Annotated[
    int | None, setting("frame_skip", "N", "Steps of the environment in one frame; 1 if not given.")
]
Seed = Annotated[int | None, setting("seed", "S", "Same seed, same game.")]
Fps = Annotated[float | None, setting("fps", "N", "Frames a second, if not the game's own.")]
Fast = Annotated[bool | None, typer.Option("--fast", help="As fast as the slowest peer can.")]
InputDelay = Annotated[
    str | None,
    typer.Option(
        "--input-delay", metavar="FRAMES", help="From key to action: 0 to 30, or auto; 2 if not given."
    ),
]
Window = Annotated[
    int | None,
    setting(
        "window",
        "FRAMES",
        "How far to predict, 0 to 60; 0: lockstep; 8 if not given.",
        "--prediction-window",
    ),
]
Prediction = Annotated[
    str | None,
    typer.Option(
        "--prediction",
        metavar="NAME",
        help="How to guess inputs: repeat-last, default, or module:callable of your own.",
    ),
]
DigestInterval = Annotated[
    int | None,
    setting("digest_interval", "FRAMES", "How often all compare the game's state; 30 if not given."),
]
DisconnectTimeout = Annotated[
    float | None,
    setting("disconnect_timeout", "SECONDS", "A player who is silent for so long is lost; 5 if not given."),
]
OnDrop = Annotated[
    str | None,
    setting(
        "on_drop",
        "HOW",
        "When a player is lost: end; or play on, with default actions or its last one (hold).",
    ),
]
Witness = Annotated[
    str | None,
    setting("witness", "WHO", "Who says which half of a match cut in two goes on: broker, or none."),
]
Takeover = Annotated[
    str | None,
    typer.Option("--takeover", metavar="SPEC", help="A controller that plays on for players who are lost."),
]
CoPilot = Annotated[
    str | None,
    typer.Option("--co-pilot", metavar="SPEC", help="A policy that plays while a person's hands are still."),
]
CoPilotAfter = Annotated[
    float | None,
    typer.Option(
        "--co-pilot-after",
        metavar="SECONDS",
        parser=a.real(0, 600),
        help="How long they are still until it does; 2 if not given.",
    ),
]
OnDesync = Annotated[
    str | None,
    setting(
        "on_desync",
        "HOW",
        "When peers' games differ: stop; or return: who is wrong leaves and comes back.",
    ),
]
WeatherName = Annotated[
    str | None,
    typer.Option("--weather", metavar="NAME", help="A bad link to play over, from configs/weather."),
]
DebugDelay = Annotated[
    int | None,
    typer.Option(
        "--debug-remote-input-delay",
        metavar="FRAMES",
        parser=a.whole(0, MAX_INPUT_DELAY),
        help="Hold back remote inputs this long.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where reports and match logs go.")]

Name = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", parser=a.label(MAX_NAME_CHARS), help="How others see you."),
]
Broker = Annotated[
    str | None, typer.Option("--broker", metavar="ADDR", help="HOST[:PORT]; found on the LAN if not given.")
]
Bind = Annotated[
    str, typer.Option("--bind", metavar="HOST", help="Where the others reach us; * is every interface.")
]
Shown = Annotated[
    bool | None,
    typer.Option("--window/--no-window", help="Show the game; by default if there is a display."),
]
StatusJson = Annotated[bool, typer.Option("--status-json", hidden=True)]
ObeyStdin = Annotated[bool, typer.Option("--obey-stdin", hidden=True)]
WindowPlace = Annotated[str, typer.Option(hidden=True, help="k/n: the k-th of n windows.")]

NO_DISPLAY: Final = (
    "--window: there is no display here (DISPLAY and WAYLAND_DISPLAY are not set); leave it out to play "
    "without one"
)


def own_name() -> str:
    """What who runs this is called, for others."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a machine that does not know its user
        name = "player"
    return printable(name)[:OWN_NAME_CHARS].strip() or "player"


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


def overrides(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a command line lays over a match file. `given`: a verb's parameters."""
    from peer.match_config import MatchConfig

    fields = MatchSettings.model_fields.keys() | MatchConfig.model_fields.keys()
    return {
        **{name: value for name, value in given.items() if name in fields},
        "env_args": environment_arguments(given["env_arg"]),
        **input_delays(given["input_delay"]),
        "window": given["prediction_window"],
    }


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

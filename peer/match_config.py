"""Match and weather files: TOML in `configs/`, checked on reading; the command line has the last word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from netcode.errors import ConfigError
from netcode.limits import MAX_INPUT_DELAY
from netcode.settings import MatchSettings, explain
from netcode.simulator.weather import Weather
from peer.controllers.actions import KeyAction, KeyNumber, NamedAction
from peer.controllers.specs import parse_spec
from peer.policies.options import PolicyOptions, in_words
from peer.simulation.environment_facts import EnvironmentFacts
from peer.text_files import is_file, read_toml

COMMAND_LINE = "command line"
FALLBACK_FPS = 60.0  # for environments that do not say how fast they run
FILL_CONTROLLER = "random"  # plays the slots nobody named

Milliseconds = Annotated[float, Field(ge=0.0, le=10_000.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Seat = Annotated[str, BeforeValidator(in_words)]  # the word for a controller
OwnDelay = Annotated[int, Field(ge=0, le=MAX_INPUT_DELAY)] | Literal["auto"]

_SOURCE_TREE = Path(__file__).resolve().parent.parent
_Model = TypeVar("_Model", bound=BaseModel)


class Unattended(BaseModel):
    """What changes when nobody plays by hand, or there is no display to play on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    controllers: list[Seat] = Field(default_factory=list)
    frames: int | None = Field(default=None, ge=0)
    fps: float | None = Field(default=None, gt=0.0, le=1000.0)


class MatchConfig(BaseModel):
    """One match: what is played, by whom, over which link. Immutable; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: dict[str, Any]  # fields of MatchSettings; an absent fps means the environment's own
    controllers: list[Seat] = Field(default_factory=list)
    weather: str | None = None
    debug_remote_input_delay: Annotated[int, Field(ge=0, le=MAX_INPUT_DELAY, description="frames")] = 0
    input_delays: list[OwnDelay] = Field(default_factory=list)  # one for all, or by slot; none: the match's
    takeover: Seat | None = None  # controller that plays on for who is lost, until he is back
    co_pilot: Seat | None = None  # policy that plays for people whose hands are still
    co_pilot_after: Annotated[float, Field(ge=0.0, le=600.0, description="seconds of that")] = 2.0
    keys: dict[str, KeyAction | NamedAction | KeyNumber] = Field(default_factory=dict)
    default_action: KeyAction | None = None  # what the keyboard plays while no key is down
    policy: PolicyOptions = PolicyOptions()  # how policies see and act
    unattended: Unattended = Unattended()

    @property
    def by_hand(self) -> bool:
        """Does a person play at a keyboard?"""
        return any(parse_spec(spec)[0] == "keyboard" for spec in self.controllers)

    def settings(self, own_fps: float | None, where: str = "match") -> MatchSettings:
        """The settings all peers must agree on; `own_fps` is the environment's frame rate, if it names one.

        Raises: ConfigError naming the key, what it was and what is allowed.
        """
        fps = _fps_of(own_fps, self.match)
        return MatchSettings.parse({"fps": fps, "witness": "broker"} | self.match, where)


class WeatherFile(BaseModel):
    """The keys of a weather file, with their ranges. All one-way, applied to what a peer receives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay_ms: Milliseconds = 0.0
    jitter_ms: Milliseconds = 0.0
    loss: Share = 0.0
    burst_loss: Annotated[float, Field(ge=0.0, le=0.9)] = 0.0  # of the time; always in a burst is no link
    burst_ms: Annotated[float, Field(ge=1.0, le=10_000.0)] = 60.0
    reorder: Share = 0.0
    reorder_ms: Milliseconds = 20.0
    duplicate: Share = 0.0
    kbit: Annotated[float, Field(ge=0.0, description="a second; 0: no limit")] = 0.0


def load_match_config(
    name: str | None,
    overrides: Mapping[str, object] | None = None,
    *,
    display: bool,
    facts: Callable[[str, Mapping[str, Any]], EnvironmentFacts] | None = None,
) -> MatchConfig:
    """Read a match file (a path, or a bare name in configs/matches/) and lay the command line over it.

    `overrides` holds fields of MatchSettings or of MatchConfig; None means "not given". Without `name`
    the overrides are the whole match. `display` says whether somebody could play by hand here; `facts`
    is asked about the environment only for what nobody named: how many play, and how fast.

    Raises: ConfigError for a missing or broken file, an unknown key, a value out of range.
    """
    try:
        return _load_match_config(name, overrides, display, facts)
    except ConfigError as error:
        raise ConfigError(_as_typed(str(error))) from None


def _as_typed(text: str) -> str:
    """A fault of the command line names the option, not the field that it becomes."""
    found = re.match(rf"{COMMAND_LINE}: (\w+) = ", text)
    if found is None:
        return text
    option = "prediction-window" if found[1] == "window" else found[1].replace("_", "-")
    return f"{COMMAND_LINE}: --{option} {text[found.end() :]}"


def _load_match_config(
    name: str | None,
    overrides: Mapping[str, object] | None,
    display: bool,
    facts: Callable[[str, Mapping[str, Any]], EnvironmentFacts] | None,
) -> MatchConfig:
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    if name is None:
        if "env" not in given:
            raise ConfigError("which game? name a match file or an environment, as in --env CartPole-v1")
        where, config = COMMAND_LINE, MatchConfig(match={})
    else:
        path = find_config("matches", name)
        where = str(path)
        config = _validate(MatchConfig, read_toml(path), where)
        config.settings(None, f"{where} [match]")  # so that a fault of the file is told as the file's
    config = _play_on(_override(config, given))
    _check_co_pilot(config)
    config = _seat(_ask(config, facts) if facts else config, given, where, display=display)
    players = config.match.get("players", len(config.controllers))
    if len(config.input_delays) not in (0, 1, players):
        raise ConfigError(f"{where}: {len(config.input_delays)} input delays for {players} players")
    return config


def load_weather(name: str) -> Weather:
    """Read a weather file: a path, or a bare name in configs/weather/.

    Raises: ConfigError for an unknown name (listing those there are), an unknown key, a value out of range.
    """
    path = find_config("weather", name)
    return Weather(**_validate(WeatherFile, read_toml(path), str(path)).model_dump())


def find_config(kind: str, name: str) -> Path:
    """The file meant by `name`: a path, or a bare name in configs/<kind>/ here or in the source tree.

    Raises: ConfigError listing the names there are.
    """
    is_bare = "/" not in name and not name.endswith(".toml")
    wanted = Path("configs", kind, f"{name}.toml") if is_bare else Path(name)
    for root in (Path(), _SOURCE_TREE):
        if is_file(root / wanted):
            return root / wanted
    names = config_names(kind)
    advice = "".join(f"did you mean {near}? " for near in get_close_matches(name[:200], names, 1))
    if kind == "matches" and is_bare and not advice:
        advice = f"an environment is named by --env {name[:200]}; "
    listed = ", ".join(names) or "none here"
    raise ConfigError(f"no file '{str(wanted)[:200]}'; {advice}names in configs/{kind}: {listed}")


def config_names(kind: str) -> list[str]:
    """The bare names that `find_config` knows, sorted."""
    folders = (root / "configs" / kind for root in (Path(), _SOURCE_TREE))
    return sorted({path.stem for folder in folders for path in folder.glob("*.toml")})


def _validate(model: type[_Model], values: object, where: str) -> _Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]["loc"]
        if fault[0] == "keys" and len(fault) > 1:  # pydantic would tell of every member of the union
            wanted = '{ action = 0, name = "word" }'
            raise ConfigError(f"{where}: [keys] {fault[1]}: write a number, a list, or {wanted}") from None
        if fault[0] == "input_delays":
            raise ConfigError(
                f'{where}: input_delays: for each player, write 0 to {MAX_INPUT_DELAY} frames or "auto"'
            ) from None
        tables: dict[str, type[BaseModel]] = {"unattended": Unattended, "policy": PolicyOptions}
        inner = tables.get(str(fault[0]) if len(fault) > 1 else "", model)
        raise ConfigError(explain(error, where, inner)) from None


def _override(config: MatchConfig, given: Mapping[str, object]) -> MatchConfig:
    """The command line over the file. Another environment drops what was meant for the file's."""
    values = config.model_dump()
    if "env" in given and given["env"] != config.match.get("env"):
        values["match"].pop("env_args", None)
        values |= {"keys": {}, "default_action": None}
    for key, value in given.items():
        (values["match"] if key in MatchSettings.model_fields else values)[key] = value
    return _validate(MatchConfig, values, COMMAND_LINE)


def _play_on(config: MatchConfig) -> MatchConfig:
    """Who takes over needs a match that goes on."""
    if config.takeover is None:
        return config
    if parse_spec(config.takeover)[0] == "keyboard":
        raise ConfigError("takeover: nobody is at that keyboard; name random, script:FILE or idle")
    if config.match.get("on_drop", "default") == "end":
        raise ConfigError("takeover needs a match that plays on: on_drop default or hold")
    return config.model_copy(update={"match": {"on_drop": "default"} | config.match})


def _check_co_pilot(config: MatchConfig) -> None:
    if config.co_pilot is not None and parse_spec(config.co_pilot)[0] != "policy":
        raise ConfigError(f"co_pilot = {config.co_pilot}: it must be a policy, as in policy:FILE.npz")


def _ask(config: MatchConfig, facts: Callable[[str, Mapping[str, Any]], EnvironmentFacts]) -> MatchConfig:
    """Fill in what only the environment knows."""
    match = dict(config.match)
    if "players" not in match or "fps" not in match:
        known = facts(match["env"], match.get("env_args", {}))
        if known.players is not None:
            match.setdefault("players", known.players)
        match.setdefault("fps", _fps_of(known.fps, match))
    return config.model_copy(update={"match": match})


def _fps_of(own_fps: float | None, match: Mapping[str, Any]) -> float:
    """The environment's own rate; of a frame that is several steps of it, so many times less."""
    skip = match.get("frame_skip")
    return (own_fps or FALLBACK_FPS) / (skip if type(skip) is int and skip > 0 else 1)


def _seat(config: MatchConfig, given: Mapping[str, object], where: str, *, display: bool) -> MatchConfig:
    """One controller for each slot, and the unattended settings where nobody plays by hand."""
    settings = config.settings(None, COMMAND_LINE)
    update: dict[str, Any] = {"match": dict(config.match)}
    seats = list(config.controllers)
    for spec in [*seats, *config.unattended.controllers]:
        parse_spec(spec)
    by_hand = config.by_hand
    if by_hand and not display:
        if "controllers" in given:
            raise ConfigError(
                "controller 'keyboard' needs a display, and there is none; use random or script:FILE"
            )
        fallback = config.unattended.controllers or [FILL_CONTROLLER] * len(seats)
        seats, by_hand = list(fallback), False
    if "players" in given and "controllers" not in given:
        del seats[settings.opening_players :]  # the file seated more than the command line wants
    begin = settings.opening_players
    if len(seats) > begin:
        raise ConfigError(f"{where}: {len(seats)} controllers for {begin} players")
    update["controllers"] = seats + [FILL_CONTROLLER] * (begin - len(seats))
    if not by_hand:
        for key in ("frames", "fps"):
            value = getattr(config.unattended, key)
            if value is not None and key not in given:
                update["match"][key] = value
    return config.model_copy(update=update)

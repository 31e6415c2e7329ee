"""The settings of one match, equal on all peers and compared at the handshake."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated, Final, Literal

import msgpack
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from netcode import limits
from netcode.errors import ConfigError

_SHOWN = 80  # characters of a value that is wrong

Scalar = bool | int | float | str
OnDrop = Literal["end", "default", "hold"]
WitnessName = Literal["none", "broker"]
OnDesync = Literal["stop", "return"]
PREDICTION: Final = "repeat-last, default, or module:callable"


def _check_prediction(name: str) -> str:
    if not re.fullmatch(r"repeat-last|default|[\w.]{1,128}:\w{1,64}", name):
        raise PydanticCustomError("prediction", f"write {PREDICTION}")
    return name


class MatchSettings(BaseModel):
    """Everything all peers must agree on before frame 0. Immutable; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str = Field(min_length=1, max_length=limits.MAX_TEXT_BYTES // 4)
    env_args: dict[str, Scalar] = Field(default_factory=dict, max_length=32)
    players: int = Field(default=2, ge=1, le=limits.MAX_PLAYERS)
    open_slots: Annotated[
        int, Field(ge=0, lt=limits.MAX_PLAYERS, description="the last ones; substitutes play until one comes")
    ] = 0
    frames: Annotated[int, Field(ge=0, le=limits.MAX_FRAME, description="0: until somebody leaves")] = 0
    seed: int = Field(default=0, ge=0, lt=2**63)
    frame_skip: int = Field(default=1, ge=1, le=60, description="steps of the environment in a frame")
    episodes: Annotated[int, Field(ge=0, le=limits.MAX_FRAME, description="then it is over; 0: no limit")] = 0
    intermission: Annotated[int, Field(ge=0, le=3600, description="frames between two episodes")] = 0
    fps: float = Field(default=60.0, gt=0.0, le=limits.MAX_FPS)
    fast: bool = False  # as fast as the slowest peer can, instead of at fps
    input_delay: int = Field(default=2, ge=0, le=limits.MAX_INPUT_DELAY, description="frames")
    window: Annotated[int, Field(ge=0, le=limits.MAX_WINDOW, description="0: lockstep, never predicts")] = 8
    prediction: Annotated[str, AfterValidator(_check_prediction), Field(description=PREDICTION)] = (
        "repeat-last"
    )
    digest_interval: int = Field(default=30, ge=1, le=3600, description="frames between state digests")
    on_drop: Annotated[
        OnDrop, Field(description="end the match; or play on, with default actions or the last one held")
    ] = "end"
    witness: Annotated[
        WitnessName, Field(description="who says which of two equal halves goes on; none: the lowest slot's")
    ] = "none"
    on_desync: Annotated[
        OnDesync, Field(description="stop the match; or who is wrong leaves and returns")
    ] = "stop"
    disconnect_timeout: float = Field(default=5.0, ge=0.2, le=600.0, description="seconds of silence")

    @property
    def open_from_start(self) -> range:
        """The slots that nobody plays when the match begins."""
        return range(self.opening_players, self.players)

    @property
    def opening_players(self) -> int:
        """How many have to be there for the match to begin: they play the first slots."""
        return self.players - self.open_slots

    def fields(self) -> dict[str, str]:
        """Field name -> text, for naming what differs between two peers."""
        return {name: repr(value) for name, value in sorted(self.model_dump().items())}

    def digest(self) -> bytes:
        """8 bytes, equal iff the settings are."""
        packed = msgpack.packb(sorted(self.fields().items()))
        return blake2b(packed, digest_size=limits.DIGEST_BYTES).digest()

    @classmethod
    def parse(cls, values: object, where: str = "match settings") -> MatchSettings:
        """Validate untrusted values.

        Raises: ConfigError naming the key, what it was and what is allowed.
        """
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(explain(error, where, cls)) from None
        if settings.open_slots >= settings.players:
            raise ConfigError(
                f"{where}: open_slots = {settings.open_slots}: one of {settings.players} players has to begin"
            )
        if settings.open_slots and settings.on_drop == "end":
            raise ConfigError(f"{where}: open_slots need substitutes: say on_drop default or hold as well")
        if settings.on_desync == "return" and settings.on_drop == "end":
            raise ConfigError(
                f"{where}: on_desync return needs substitutes: say on_drop default or hold as well"
            )
        settings._check_tellable(where)
        return settings

    def _check_tellable(self, where: str) -> None:
        """What is kept is told to others: with the defaults, and whatever seed the broker draws."""
        if not self.env.isprintable():
            raise ConfigError(f"{where}: env = {self.env!r}: has characters that cannot be printed")
        for name, value in self.env_args.items():
            if value != value:  # noqa: PLR0124  (only nan)
                raise ConfigError(f"{where}: env_args.{name} = nan: equals nothing, not even itself")
        try:
            packed = msgpack.packb(self.model_copy(update={"seed": 2**63 - 1}).model_dump())
        except (OverflowError, ValueError) as error:
            raise ConfigError(f"{where}: env_args: {str(error).lower()}") from None
        if len(packed) > limits.MAX_SETTINGS_BYTES:
            raise ConfigError(f"{where}: more than {limits.MAX_SETTINGS_BYTES} bytes; shorten env_args")


def explain(error: ValidationError, where: str, model: type[BaseModel]) -> str:
    """The first fault of a pydantic error as one line: the key, what is wrong, what is allowed."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "(top level)"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key '{key}'; allowed: {', '.join(sorted(model.model_fields))}"
    message = fault["msg"][0].lower() + fault["msg"][1:]
    if fault["type"] == "missing":
        return f"{where}: '{key}' is missing"
    if fault["type"] == "json_invalid":
        return f"{where}: not JSON: {message}"
    given = repr(fault["input"])
    shown = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}..."
    return f"{where}: {key} = {shown}: {message}"

"""A soak scenario: which matches, how many at once, and what goes wrong how often."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from netcode.errors import ConfigError
from netcode.settings import MatchSettings, explain
from peer.match_config import find_config, load_weather
from peer.text_files import read_toml

Weight = Annotated[float, Field(ge=0.0, le=1000.0)]


class FaultWeights(BaseModel):
    """How likely each kind of fault is, beside the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kill_peer: Weight = 1.0
    kill_broker: Weight = 1.0
    pause_peer: Weight = 3.0
    change_weather: Weight = 3.0


class SoakMatch(BaseModel):
    """One kind of match; each lane of the soak plays them in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: dict[str, Any]  # fields of MatchSettings
    weather: str | None = None
    controllers: str = "random"

    def settings(self, seed: int, where: str) -> MatchSettings:
        """Raises: ConfigError naming the key."""
        return MatchSettings.parse(self.match | {"seed": seed}, where)


class SoakConfig(BaseModel):
    """The whole scenario. Same file and seed: same schedule of matches and faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=1, ge=0)
    minutes: float = Field(default=1.0, gt=0.0, le=7 * 24 * 60)
    lanes: int = Field(default=4, ge=1, le=64, description="matches at the same time")
    fault_every: float = Field(default=5.0, ge=0.5, description="seconds")
    broker_back_after: float = Field(default=1.5, ge=0.0, le=60.0, description="seconds")
    pause_seconds: tuple[float, float] = (0.5, 3.0)
    weathers: list[str] = Field(default_factory=lambda: ["wan_bad"], min_length=1)
    faults: FaultWeights = FaultWeights()
    matches: list[SoakMatch] = Field(min_length=1)

    @model_validator(mode="after")
    def _pauses_heal(self) -> SoakConfig:
        shortest, longest = self.pause_seconds
        if not 0 < shortest <= longest:
            raise ValueError("pause_seconds must be [shortest, longest]")
        return self


def load_soak_config(name: str) -> SoakConfig:
    """Read a scenario: a path, or a bare name in configs/soak.

    Raises: ConfigError for a missing or broken file, an unknown key, a value out of range.
    """
    path = find_config("soak", name)
    try:
        config = SoakConfig.model_validate(read_toml(path))
    except ValidationError as error:
        raise ConfigError(explain(error, str(path), SoakConfig)) from None
    for match in config.matches:
        settings = match.settings(0, str(path))
        if not settings.frames:
            raise ConfigError(f"{path}: frames must be given: a soak match has to end")
        if config.pause_seconds[1] >= settings.disconnect_timeout:
            raise ConfigError(
                f"{path}: pause_seconds must stay below disconnect_timeout, or a pause is a drop"
            )
    for weather in [*config.weathers, *(match.weather for match in config.matches if match.weather)]:
        load_weather(weather)
    return config

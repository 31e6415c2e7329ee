"""How a policy sees and acts: the [policy] table of a match file, and the words behind a policy's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from netcode.errors import ConfigError
from netcode.settings import explain

_WORDS: Final = re.compile(r"(?:\s+\w+=\S*)*\s*$")  # at the end of "model.onnx reaction=12 frame_skip=4"


def _size(value: Any) -> Any:
    """`84x84` -> (84, 84), as one word has to say it."""
    return tuple(value.split("x")) if isinstance(value, str) else value


class PolicyOptions(BaseModel):
    """Frames are the match's; all is counted in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame_stack: Annotated[int, Field(ge=1, le=64, description="newest observations, oldest first")] = 1
    resize: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], Annotated[int, Field(ge=1, le=4096)]] | None,
        BeforeValidator(_size),
        Field(description="height, width of a picture"),
    ] = None
    grayscale: bool = False
    scale: Annotated[float, Field(gt=0.0, description="what numbers are multiplied by")] = 1.0
    channels_first: Annotated[bool, Field(description="pictures as PyTorch has them")] = False
    flatten: bool = False
    frame_skip: Annotated[int, Field(ge=1, le=600, description="frames between two looks")] = 1
    reaction: Annotated[int, Field(ge=0, le=600, description="frames from seeing to acting")] = 0
    while_thinking: Literal["hold", "default"] = "hold"  # what is played until a slow policy has answered
    deterministic: bool = True
    patience_ms: Annotated[
        float, Field(ge=0.0, le=1000.0, description="a frame waits so long for the answer to it")
    ] = 4.0

    def but(self, words: Mapping[str, str], where: str) -> PolicyOptions:
        """The same with some of them said anew. Raises: ConfigError naming the place and the fault."""
        try:
            return PolicyOptions.model_validate(self.model_dump() | dict(words))
        except ValidationError as error:
            raise ConfigError(explain(error, where, PolicyOptions)) from None


def split_words(argument: str) -> tuple[str, dict[str, str]]:
    """`model.onnx reaction=12` -> ("model.onnx", {"reaction": "12"}). Names of files may have spaces."""
    tail = _WORDS.search(argument)
    assert tail is not None
    words = [word.partition("=") for word in tail.group().split()]
    return argument[: tail.start()], {key: value for key, _, value in words}


def in_words(seat: Any) -> Any:
    """A seat as TOML may say it, `{ policy = "model.onnx", reaction = 12 }`, in one line of words.

    Raises: ValueError if it is another table than that.
    """
    if not isinstance(seat, Mapping):
        return seat
    options = {key: value for key, value in seat.items() if key != "policy"}
    if not isinstance(seat.get("policy"), str):
        raise ValueError('write it as "keyboard", or as { policy = "FILE", reaction = 12 }')
    return " ".join(
        [f"policy:{seat['policy']}", *(f"{key}={_word(value)}" for key, value in options.items())]
    )


def _word(value: Any) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)

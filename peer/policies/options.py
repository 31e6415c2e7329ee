"""How a policy sees and acts: the [policy] table of a match file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class PolicyOptions(BaseModel):
    """Holds for all policies of a match. Frames are the match's; all is counted in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame_stack: Annotated[int, Field(ge=1, le=64, description="newest observations, oldest first")] = 1
    resize: Annotated[tuple[int, int] | None, Field(description="height, width of a picture")] = None
    grayscale: bool = False
    scale: Annotated[float, Field(gt=0.0, description="what numbers are multiplied by")] = 1.0
    flatten: bool = False
    frame_skip: Annotated[int, Field(ge=1, le=600, description="frames between two looks")] = 1
    reaction: Annotated[int, Field(ge=0, le=600, description="frames from seeing to acting")] = 0
    while_thinking: Literal["hold", "default"] = "hold"  # what is played until a slow policy has answered
    deterministic: bool = True
    patience_ms: Annotated[
        float, Field(ge=0.0, le=1000.0, description="a frame waits so long for the answer to it")
    ] = 4.0

"""From what the environment shows to what the policy was trained on."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from peer.policies.options import PolicyOptions

LUMA: Final = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


class ObservationPipeline:
    """Grayscale, resize, scale, flatten, stack, channels first: in this order, those that are asked for.

    Without any, an observation passes as it is, whatever its type.
    """

    def __init__(self, options: PolicyOptions) -> None:
        self._options = options
        self._stack: deque[NDArray[Any]] = deque(maxlen=options.frame_stack)
        plain = PolicyOptions()
        shaped = ("frame_stack", "resize", "grayscale", "scale", "flatten", "channels_first")
        self._passes = all(getattr(options, name) == getattr(plain, name) for name in shaped)

    def reset(self) -> None:
        """A new episode: nothing of the last one is stacked."""
        self._stack.clear()

    def see(self, observation: Any) -> Any:
        """The next observation, in order of frames. Stacked along pictures' last axis, others' first."""
        if self._passes:
            return observation
        options, seen = self._options, np.asarray(without_mask(observation))
        picture = seen.ndim == 3
        if options.grayscale and picture and seen.shape[2] == 3:
            seen = (seen @ LUMA).astype(seen.dtype)[:, :, np.newaxis]
        if options.resize is not None and picture:
            seen = _resized(seen, *options.resize)
        if options.scale != 1.0:
            seen = seen.astype(np.float32) * np.float32(options.scale)
        if options.flatten:
            seen, picture = seen.ravel(), False
        if options.frame_stack > 1:
            missing = options.frame_stack - len(self._stack)
            self._stack.extend([seen] * max(1, missing))  # an episode begins with its first frame, repeated
            seen = np.concatenate(self._stack, axis=2 if picture else 0)
        return np.moveaxis(seen, 2, 0) if options.channels_first and picture else seen


def without_mask(observation: Any) -> Any:
    """PettingZoo's turn-based games show the board beside a mask."""
    return (
        observation["observation"]
        if isinstance(observation, dict) and "observation" in observation
        else observation
    )


def _resized(picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The nearest points: cheap, and sharp edges stay sharp."""
    rows = (np.arange(height) + 0.5) * picture.shape[0] / height
    columns = (np.arange(width) + 0.5) * picture.shape[1] / width
    resized: NDArray[Any] = picture[rows.astype(int)[:, np.newaxis], columns.astype(int)]
    return resized

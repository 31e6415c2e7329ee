"""Policies stored as ONNX, feed-forward or recurrent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netcode.errors import ConfigError
from peer.policies.pipeline import without_mask

_TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


class OnnxPolicy:
    """The first input is the observation, as a batch of one (of one step, where the model wants that, too).

    The first output is the action, or for a Discrete space one number an action, of which the largest is
    played. Further inputs are state, zeros when an episode begins: the further outputs are, in order, what
    becomes of them.
    """

    def __init__(self, path: Path) -> None:
        """Raises: ConfigError if it cannot be loaded, or onnxruntime is missing."""
        try:
            import onnxruntime  # type: ignore[import-untyped, import-not-found, unused-ignore]
        except ImportError:
            raise ConfigError("ONNX policies need onnxruntime: pip install 'netplay[policies]'") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the game has the first say on this machine
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of many types
            told = str(error).splitlines()[0][:200]
            raise ConfigError(f"policy '{path}': not a model that onnxruntime runs ({told})") from None
        self._inputs, self._outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(self._outputs) < len(self._inputs):
            raise ConfigError(f"policy '{path}': every input after the first needs an output that follows it")
        self.reset()

    def reset(self) -> None:
        self._state = [np.zeros(_fixed(one.shape), _TYPES.get(one.type)) for one in self._inputs[1:]]

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        first, *state = self._inputs
        seen = np.asarray(without_mask(observation), _TYPES.get(first.type))
        around = max(len(first.shape) - seen.ndim, 0)  # dimensions for batch and time
        fed = {first.name: seen.reshape((1,) * around + seen.shape)}
        fed |= {one.name: value for one, value in zip(state, self._state, strict=True)}
        action, *after = self._session.run(None, fed)
        self._state = after[: len(state)]
        return _chosen(_bare(np.asarray(action), around), info)


def _fixed(shape: list[Any]) -> list[int]:
    """Names stand for sizes that are free: a batch of one."""
    return [size if isinstance(size, int) else 1 for size in shape]


def _bare(output: NDArray[Any], around: int) -> NDArray[Any]:
    """Without the dimensions that were put around the observation; a model may leave some out itself."""
    while around and output.ndim and output.shape[0] == 1:
        output, around = output[0], around - 1
    return output


def _chosen(output: Any, info: Mapping[str, Any]) -> Any:
    first, mask = info.get("first_action"), info.get("action_mask")
    if first is None or np.size(output) == 1 or not np.issubdtype(output.dtype, np.floating):
        return output
    if mask is not None:
        output = np.where(np.asarray(mask, bool), output, -np.inf)
    return first + int(np.argmax(output))

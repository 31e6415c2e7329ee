"""A small feed-forward net in plain numpy: policies that need nothing installed, stored as .npz."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netcode.errors import ConfigError
from peer.policies.pipeline import without_mask

Floats = NDArray[np.float32]
MAX_BYTES: Final = 64_000_000  # of a stored net


class TinyNet:
    """tanh layers, then one output an action; the largest is played. Sees the entries `seen` of its input."""

    def __init__(
        self, layers: Sequence[tuple[Floats, Floats]], seen: NDArray[np.int64] | None = None
    ) -> None:
        """`layers`: weights (inputs, outputs) and biases (outputs), first to last."""
        self.layers = tuple(layers)
        self.seen = seen

    def outputs(self, observation: Any) -> Floats:
        """One number an action."""
        values = np.asarray(without_mask(observation), np.float32).ravel()
        if self.seen is not None:
            values = values[self.seen]
        *hidden, (last, bias) = self.layers
        for weights, biases in hidden:
            values = np.tanh(values @ weights + biases)
        return np.asarray(values @ last + bias, np.float32)

    def act(self, observation: Any, info: Mapping[str, Any]) -> int:
        outputs, mask = self.outputs(observation), info.get("action_mask")
        if mask is not None:
            outputs = np.where(np.asarray(mask, bool), outputs, -np.inf)
        return int(np.argmax(outputs)) + int(info.get("first_action") or 0)

    def reset(self) -> None:
        """It remembers nothing."""

    def save(self, path: Path) -> None:
        arrays: dict[str, NDArray[Any]] = {
            f"{kind}{n}": part
            for n, pair in enumerate(self.layers)
            for kind, part in zip("wb", pair, strict=True)
        }
        if self.seen is not None:
            arrays["seen"] = self.seen
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]

    @staticmethod
    def load(path: Path) -> TinyNet:
        """Raises: ConfigError if it is no such file. Nothing in it is run."""
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError("it is too large")
            with path.open("rb") as file, zipfile.ZipFile(file) as stored:
                if sum(part.file_size for part in stored.infolist()) > MAX_BYTES:
                    raise ValueError("it is too large when unpacked")
                names = [name.removesuffix(".npy") for name in stored.namelist()]
                arrays = {name: _array(stored.read(f"{name}.npy")) for name in names}
            count = sum(name.startswith("w") for name in arrays)
            layers = [(_floats(arrays[f"w{n}"]), _floats(arrays[f"b{n}"])) for n in range(count)]
            fit = all(weights.ndim == 2 and weights.shape[1:] == biases.shape for weights, biases in layers)
            chained = all(one[1].size == two[0].shape[0] for one, two in pairwise(layers))
            if not layers or not fit or not chained:
                raise ValueError("its layers do not fit each other")
            seen = arrays.get("seen")
            if seen is not None and (seen.dtype.kind not in "iu" or seen.shape != layers[0][0].shape[:1]):
                raise ValueError("what it sees does not fit its first layer")
        except Exception as error:  # zip and numpy have many types for what is broken
            told = " ".join(str(error).split())[:200] or type(error).__name__
            raise ConfigError(f"policy '{path}': not a net of ours ({told})") from None
        return TinyNet(layers, seen)


def _floats(array: NDArray[Any]) -> Floats:
    return np.asarray(array, np.float32)


def _array(data: bytes) -> NDArray[Any]:
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array

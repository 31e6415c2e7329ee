"""Policies trained with Stable-Baselines3, as its `model.save` writes them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from netcode.errors import ConfigError
from peer.policies.pipeline import without_mask

# What only the stored settings of one algorithm have; the first that fits.
_KNOWN_BY: Final = (
    ("policy_delay", "TD3"),
    ("target_entropy", "SAC"),
    ("exploration_rate", "DQN"),
    ("clip_range", "PPO"),
    ("gae_lambda", "A2C"),
)


class Sb3Policy:
    """`predict` of a stored model, its recurrent state kept between frames."""

    def __init__(self, path: Path, deterministic: bool) -> None:
        """Loading runs code that stands in the file: a file you trust.

        Raises: ConfigError if it is no such file, or the package is missing.
        """
        algorithm = _algorithm_of(path)
        try:
            import stable_baselines3  # type: ignore[import-untyped, import-not-found, unused-ignore]
        except ImportError:
            raise ConfigError(
                "Stable-Baselines3 policies need stable-baselines3: pip install 'netplay[policies]'"
            ) from None
        try:
            self._model = getattr(stable_baselines3, algorithm).load(path, device="cpu")
        except Exception as error:  # of many types
            told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise ConfigError(f"policy '{path}': {algorithm} cannot load it ({told})") from None
        self._deterministic = deterministic
        self.reset()

    def reset(self) -> None:
        self._state: Any = None
        self._begins = True

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        whole = hasattr(self._model.observation_space, "spaces")  # it was trained on parts with names
        seen = observation if whole else without_mask(observation)
        action, self._state = self._model.predict(
            seen, self._state, np.array([self._begins]), self._deterministic
        )
        self._begins = False
        return action


def _algorithm_of(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as stored:
            settings = json.loads(stored.read("data"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        raise ConfigError(f"policy '{path}': not a model saved by Stable-Baselines3") from None
    for key, algorithm in _KNOWN_BY:
        if key in settings:
            return algorithm
    raise ConfigError(f"policy '{path}': of an algorithm not known here; export it as ONNX")

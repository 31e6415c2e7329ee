"""Policies trained with Stable-Baselines3 or sb3-contrib, as `model.save` writes them."""

from __future__ import annotations

import importlib
import inspect
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from netcode.errors import ConfigError
from peer.policies.pipeline import without_mask

MAX_SETTINGS_BYTES: Final = 2**26  # of a stored model, its nets not counted

# What only the stored settings of one algorithm have; the first that fits.
_KNOWN_BY: Final = (
    ("cg_damping", "TRPO"),
    ("policy_delay", "TD3"),
    ("target_entropy", "SAC"),
    ("exploration_rate", "DQN"),
    ("clip_range", "PPO"),
    ("gae_lambda", "A2C"),
)
# What is told by the module of its nets, of sb3-contrib.
_CONTRIBUTED: Final = {
    "sb3_contrib.common.recurrent": "RecurrentPPO",
    "sb3_contrib.common.maskable": "MaskablePPO",
    "sb3_contrib.qrdqn": "QRDQN",
    "sb3_contrib.tqc": "TQC",
    "sb3_contrib.crossq": "CrossQ",
    "sb3_contrib.ars": "ARS",
}


class Sb3Policy:
    """`predict` of a stored model, its recurrent state kept between frames."""

    def __init__(self, path: Path, deterministic: bool) -> None:
        """Loading runs code that stands in the file: a file you trust.

        Raises: ConfigError if it is no such file, or the package is missing.
        """
        algorithm = _algorithm_of(path)
        contributed = algorithm == "TRPO" or algorithm in _CONTRIBUTED.values()
        try:
            package = importlib.import_module("sb3_contrib" if contributed else "stable_baselines3")
        except ImportError:
            needed = "sb3-contrib" if contributed else "stable-baselines3"
            raise ConfigError(
                f"policy '{path}' ({algorithm}) needs {needed}: pip install 'netplay[policies]'"
            ) from None
        try:
            self._model = getattr(package, algorithm).load(path, device="cpu")
        except Exception as error:  # of many types
            told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise ConfigError(f"policy '{path}': {algorithm} cannot load it ({told})") from None
        self._deterministic = deterministic
        self._minds_masks = "action_masks" in inspect.signature(self._model.predict).parameters
        self.reset()

    def reset(self) -> None:
        self._state: Any = None
        self._begins = True

    def act(self, observation: Any, info: Mapping[str, Any]) -> Any:
        whole = hasattr(self._model.observation_space, "spaces")  # it was trained on parts with names
        seen = observation if whole else without_mask(observation)
        mask = {"action_masks": info.get("action_mask")} if self._minds_masks else {}
        action, self._state = self._model.predict(
            seen, self._state, np.array([self._begins]), self._deterministic, **mask
        )
        self._begins = False
        return action


def _algorithm_of(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as stored:
            if stored.getinfo("data").file_size > MAX_SETTINGS_BYTES:
                raise ValueError
            settings = json.loads(stored.read("data"))
        if not isinstance(settings, dict) or not isinstance(settings.get("policy_class", {}), dict):
            raise ValueError
    except Exception:  # zip and JSON have many types for what is broken
        raise ConfigError(f"policy '{path}': not a model saved by Stable-Baselines3") from None
    nets = str(settings.get("policy_class", {}).get("__module__", ""))
    for module, algorithm in _CONTRIBUTED.items():
        if nets == module or nets.startswith(f"{module}."):
            return algorithm
    for key, algorithm in _KNOWN_BY:
        if key in settings:
            return algorithm
    raise ConfigError(f"policy '{path}': of an algorithm not known here; export it as ONNX")

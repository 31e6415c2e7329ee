"""A plain picture from observations, for environments that draw none themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Picture = np.ndarray[Any, Any]
_WIDTH, _ROW = 320, 24


def as_picture(value: Any) -> Picture | None:
    """`value` as HxWx3 uint8 if it is a picture (grey, RGB or RGBA), else None."""
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8:
        return None
    if value.ndim == 2:
        return np.repeat(value[:, :, None], 3, axis=2)
    return value[:, :, :3] if value.ndim == 3 and value.shape[2] in (3, 4) else None


def picture_of_observations(observations: Sequence[Any]) -> Picture:
    """The first observation that is a picture, else a bar for each number in all of them."""
    for observation in observations:
        picture = as_picture(observation)
        if picture is not None:
            return picture
    rows = [row for observation in observations for row in _bars(observation)]
    return np.concatenate(rows) if rows else np.zeros((_ROW, _WIDTH, 3), np.uint8)


def _bars(observation: Any) -> list[Picture]:
    """One row for each of the first numbers: its size beside the largest, red if negative."""
    values = _numbers(observation)[:32]
    scale = max((abs(value) for value in values), default=0.0) or 1.0
    rows = []
    for value in values:
        row = np.full((_ROW, _WIDTH, 3), 24, np.uint8)
        row[4:-4, : max(int(_WIDTH * abs(value) / scale), 1)] = (200, 80, 60) if value < 0 else (80, 160, 220)
        rows.append(row)
    rows.append(np.zeros((6, _WIDTH, 3), np.uint8))
    return rows


def _numbers(observation: Any) -> list[float]:
    if isinstance(observation, dict):
        return [number for value in observation.values() for number in _numbers(value)]
    if isinstance(observation, (tuple, list)):
        return [number for value in observation for number in _numbers(value)]
    try:
        array = np.asarray(observation, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return []
    return [float(value) for value in array if np.isfinite(value)]

"""Action spaces as inputs: an action <-> bytes of a fixed size, the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from gymnasium import spaces

from netcode.errors import UnplayableError
from netcode.limits import MAX_INPUT_BYTES


class ActionCodec:
    """One slot's actions. Little-endian; every valid action has exactly one encoding."""

    def __init__(self, size: int, description: str) -> None:
        """size: bytes of an encoded action. description: the space in words, for the fingerprint."""
        self.size = size
        self.description = description

    def encode(self, action: Any) -> bytes:
        """Action of the space -> bytes.

        Raises: ValueError if the action is not in the space.
        """
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        """Valid bytes -> a fresh action."""
        raise NotImplementedError

    def is_valid(self, data: bytes) -> bool:
        """Never raises, whatever the bytes."""
        raise NotImplementedError

    def zero(self) -> bytes:
        """The action nearest to doing nothing, as far as the space can tell."""
        raise NotImplementedError

    def within(self, action: Any) -> Any:
        """The action with numbers of a Box cut off at its bounds; what is wrong otherwise stays so."""
        return action

    def sample(self, rng: random.Random) -> bytes:
        """A random action; `rng` is the caller's, so that the space's own RNG stays untouched."""
        raise NotImplementedError


def _unsigned(largest: int) -> np.dtype[Any]:
    """The smallest unsigned type of 1, 2, 4 or 8 bytes that holds `largest`."""
    for code, limit in (("<u1", 2**8), ("<u2", 2**16), ("<u4", 2**32)):
        if largest < limit:
            return np.dtype(code)
    return np.dtype("<u8")


class DiscreteCodec(ActionCodec):
    def __init__(self, space: spaces.Discrete) -> None:
        self._n, self._start = int(space.n), int(space.start)
        super().__init__(_unsigned(self._n - 1).itemsize, repr(space))

    def encode(self, action: Any) -> bytes:
        index = int(action) - self._start
        if not 0 <= index < self._n or index + self._start != action:
            raise ValueError(f"action {action!r} is not in {self._start}..{self._start + self._n - 1}")
        return index.to_bytes(self.size, "little")

    def decode(self, data: bytes) -> int:
        return int.from_bytes(data, "little") + self._start

    def is_valid(self, data: bytes) -> bool:
        return len(data) == self.size and int.from_bytes(data, "little") < self._n

    def zero(self) -> bytes:
        return bytes(self.size)

    def sample(self, rng: random.Random) -> bytes:
        return rng.randrange(self._n).to_bytes(self.size, "little")


class MultiDiscreteCodec(ActionCodec):
    def __init__(self, space: spaces.MultiDiscrete) -> None:
        assert space.dtype is not None
        self._dtype, self._shape = np.dtype(space.dtype), space.nvec.shape
        self._nvec = space.nvec.astype(np.uint64)
        self._start = space.start
        self._wire = _unsigned(int(self._nvec.max()) - 1)
        super().__init__(self._wire.itemsize * self._nvec.size, repr(space))

    def encode(self, action: Any) -> bytes:
        array = np.asarray(action)
        if array.shape != self._shape:
            raise ValueError(f"action of shape {array.shape}, expected {self._shape}")
        data: bytes = (array - self._start).astype(self._wire).tobytes()
        if not self.is_valid(data) or not np.array_equal(self.decode(data), array):
            raise ValueError(f"action {action!r} is not in the space")
        return data

    def decode(self, data: bytes) -> np.ndarray[Any, Any]:
        indices = np.frombuffer(data, self._wire).reshape(self._shape).astype(self._dtype)
        return indices + self._start.astype(self._dtype)

    def is_valid(self, data: bytes) -> bool:
        if len(data) != self.size:
            return False
        return bool((np.frombuffer(data, self._wire).reshape(self._shape) < self._nvec).all())

    def zero(self) -> bytes:
        return bytes(self.size)

    def sample(self, rng: random.Random) -> bytes:
        values = [rng.randrange(int(n)) for n in self._nvec.flat]
        return np.array(values, self._wire).tobytes()


class MultiBinaryCodec(ActionCodec):
    """Eight flags a byte, the first in the lowest bit; bits past the last flag are 0."""

    def __init__(self, space: spaces.MultiBinary) -> None:
        assert space.dtype is not None
        self._dtype, self._shape = np.dtype(space.dtype), space.shape
        self._count = int(np.prod(space.shape))
        super().__init__((self._count + 7) // 8, repr(space))

    def encode(self, action: Any) -> bytes:
        array = np.asarray(action)
        if array.shape != self._shape or not np.isin(array, (0, 1)).all():
            raise ValueError(f"action {action!r} is not {self._count} flags")
        return np.packbits(array.astype(bool).ravel(), bitorder="little").tobytes()

    def decode(self, data: bytes) -> np.ndarray[Any, Any]:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=self._count, bitorder="little")
        return bits.astype(self._dtype).reshape(self._shape)

    def is_valid(self, data: bytes) -> bool:
        return len(data) == self.size and int.from_bytes(data, "little") >> self._count == 0

    def zero(self) -> bytes:
        return bytes(self.size)

    def sample(self, rng: random.Random) -> bytes:
        return rng.getrandbits(self._count).to_bytes(self.size, "little") if self._count else b""


class BoxCodec(ActionCodec):
    """The numbers bit for bit in the space's own type."""

    def __init__(self, space: spaces.Box) -> None:
        self._dtype = np.dtype(space.dtype)
        self._wire = self._dtype.newbyteorder("<")
        self._shape, self._low, self._high = space.shape, space.low, space.high
        bounds = blake2b(self._low.tobytes() + self._high.tobytes(), digest_size=8).hexdigest()
        super().__init__(self._wire.itemsize * int(np.prod(space.shape)), f"{space!r} {bounds}")

    def encode(self, action: Any) -> bytes:
        array = np.asarray(action)
        if array.shape != self._shape:
            raise ValueError(f"action of shape {array.shape}, expected {self._shape}")
        data = array.astype(self._wire).tobytes()
        if not self.is_valid(data):
            raise ValueError(f"action {action!r} is not finite or out of bounds")
        return data

    def decode(self, data: bytes) -> np.ndarray[Any, Any]:
        return np.frombuffer(data, self._wire).reshape(self._shape).astype(self._dtype)

    def is_valid(self, data: bytes) -> bool:
        if len(data) != self.size:
            return False
        if self._dtype.kind == "b":  # any other byte would be a bool that is neither
            return set(data) <= {0, 1}
        array = np.frombuffer(data, self._wire).reshape(self._shape)
        return bool(np.isfinite(array).all() and (array >= self._low).all() and (array <= self._high).all())

    def zero(self) -> bytes:
        return np.clip(np.zeros(self._shape), self._low, self._high).astype(self._wire).tobytes()

    def within(self, action: Any) -> Any:
        array = np.asarray(action)
        if array.dtype.kind not in "iuf" or array.size != self._low.size or np.isnan(array).any():
            return action
        clipped = np.clip(array.reshape(self._shape), self._low, self._high)
        return np.clip(clipped.astype(self._dtype), self._low, self._high)  # rounding may lead out again

    def sample(self, rng: random.Random) -> bytes:
        return b"".join(
            self._sample_one(rng, low, high)
            for low, high in zip(self._low.flat, self._high.flat, strict=True)
        )

    def _sample_one(self, rng: random.Random, low: Any, high: Any) -> bytes:
        if np.issubdtype(self._dtype, np.floating):
            # Unbounded sides are drawn within one of the other bound, or of zero.
            bottom = float(low) if np.isfinite(low) else (float(high) - 2.0 if np.isfinite(high) else -1.0)
            top = float(high) if np.isfinite(high) else bottom + 2.0
            value: Any = np.clip(np.asarray(rng.uniform(bottom, top)).astype(self._dtype), low, high)
        else:
            value = rng.randint(int(low), int(high))
        return np.asarray(value).astype(self._wire).tobytes()


class JoinedCodec(ActionCodec):
    """Dict and Tuple spaces: the parts side by side."""

    def __init__(self, parts: Sequence[ActionCodec], keys: Sequence[str] | None) -> None:
        self._parts, self._keys = tuple(parts), None if keys is None else tuple(keys)
        description = " ".join(part.description for part in parts)
        super().__init__(sum(part.size for part in parts), f"({description}) {self._keys}")

    def encode(self, action: Any) -> bytes:
        if len(action) != len(self._parts):
            raise ValueError(f"action of {len(action)} parts, expected {len(self._parts)}")
        values = action if self._keys is None else [action[key] for key in self._keys]
        return b"".join(part.encode(value) for part, value in zip(self._parts, values, strict=True))

    def _split(self, data: bytes) -> list[bytes]:
        pieces, start = [], 0
        for part in self._parts:
            pieces.append(data[start : start + part.size])
            start += part.size
        return pieces

    def decode(self, data: bytes) -> Any:
        values = [part.decode(piece) for part, piece in zip(self._parts, self._split(data), strict=True)]
        return tuple(values) if self._keys is None else dict(zip(self._keys, values, strict=True))

    def is_valid(self, data: bytes) -> bool:
        if len(data) != self.size:
            return False
        return all(part.is_valid(piece) for part, piece in zip(self._parts, self._split(data), strict=True))

    def zero(self) -> bytes:
        return b"".join(part.zero() for part in self._parts)

    def within(self, action: Any) -> Any:
        if isinstance(action, dict) and self._keys is not None and action.keys() == set(self._keys):
            pairs = zip(self._keys, self._parts, strict=True)
            return {key: part.within(action[key]) for key, part in pairs}
        if isinstance(action, (tuple, list)) and self._keys is None and len(action) == len(self._parts):
            return tuple(part.within(value) for part, value in zip(self._parts, action, strict=True))
        return action

    def sample(self, rng: random.Random) -> bytes:
        return b"".join(part.sample(rng) for part in self._parts)


class TurnCodec(ActionCodec):
    """For turn-based games: a flag byte, then the action. Flag 0 waits, and the rest must be zeros."""

    def __init__(self, action: ActionCodec) -> None:
        self.action = action
        super().__init__(1 + action.size, f"turn {action.description}")

    def encode(self, action: Any) -> bytes:
        """None waits."""
        return bytes(self.size) if action is None else b"\1" + self.action.encode(action)

    def decode(self, data: bytes) -> Any:
        return self.action.decode(data[1:]) if data[0] else None

    def is_valid(self, data: bytes) -> bool:
        if len(data) != self.size:
            return False
        return not any(data) if data[0] == 0 else data[0] == 1 and self.action.is_valid(data[1:])

    def zero(self) -> bytes:
        return bytes(self.size)

    def within(self, action: Any) -> Any:
        return None if action is None else self.action.within(action)

    def sample(self, rng: random.Random) -> bytes:
        return b"\1" + self.action.sample(rng)


def make_codec(space: spaces.Space[Any], agent: str) -> ActionCodec:
    """The codec of an action space.

    Raises: UnplayableError for a space that has no fixed size, or is too large for an input.
    """
    codec = _make(space)
    if codec is None:
        raise UnplayableError(
            f"{agent} acts in {space}, which has no fixed size; wrap the environment to act in a Discrete, "
            "MultiDiscrete, MultiBinary or Box space, or a Dict or Tuple of them"
        )
    if codec.size >= MAX_INPUT_BYTES:
        raise UnplayableError(
            f"an action of {agent} takes {codec.size} bytes, {MAX_INPUT_BYTES - 1} at most; "
            "wrap the environment to act in a smaller space"
        )
    return codec


def _make(space: Any) -> ActionCodec | None:
    makers: dict[type, Callable[[Any], ActionCodec]] = {
        spaces.Discrete: DiscreteCodec,
        spaces.MultiDiscrete: MultiDiscreteCodec,
        spaces.MultiBinary: MultiBinaryCodec,
        spaces.Box: BoxCodec,
    }
    for kind, maker in makers.items():
        if isinstance(space, kind):
            return maker(space)
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        keys = list(space.spaces) if isinstance(space, spaces.Dict) else None
        inner = space.spaces.values() if isinstance(space, spaces.Dict) else space.spaces
        parts = [_make(part) for part in inner]
        known = [part for part in parts if part is not None]
        return JoinedCodec(known, keys) if len(known) == len(parts) else None
    return None

"""torch's tensors and generators. Their types are known by name, and torch itself is never imported here:
whoever holds a tensor has imported it."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from netcode.errors import RemoteProtocolError, UncapturableStateError
from peer.simulation.handlers.handler import Handler, Part

SENDABLE: Final = frozenset(
    f"torch.{name}" for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")
) | {"torch.float16", "torch.bfloat16"}
LEAVES: Final = frozenset(
    {"torch.Size", "torch.device", "torch.dtype", "torch.layout", "torch.memory_format"}
)


class Tensor(Handler):
    """A dense tensor's elements, where they lie, and its gradient. Views keep sharing their memory.

    Elements are written past autograd, which neither hears nor counts it.
    """

    tag = b"tT"
    has_attributes = True

    def take(self, obj: Any) -> tuple[Any, Any, Any]:
        """Returns: a copy of the elements, another tensor of the same memory and shape, the gradient.

        Raises: UncapturableStateError.
        """
        if str(obj.layout) != "torch.strided" or obj.is_quantized or obj.is_meta:
            raise UncapturableStateError(f"the state cannot be remembered: a tensor of layout {obj.layout}")
        live = obj.data
        gradient = obj.grad if obj.requires_grad and obj.is_leaf else None
        return _once_each(live).clone(), live, gradient

    def put(self, obj: Any, saved: tuple[Any, Any, Any]) -> None:
        elements, place, gradient = saved
        present = obj.data
        if present.dtype is not place.dtype or not present.is_set_to(place):  # another memory, or shape of it
            obj.data = present = place
        _once_each(present).copy_(elements)
        if obj.requires_grad and obj.is_leaf and obj.grad is not gradient:
            obj.grad = gradient

    def children(self, saved: tuple[Any, Any, Any]) -> Iterable[Any]:
        return (saved[2],)

    def parts(self, saved: tuple[Any, Any, Any]) -> list[Part]:
        elements, place, gradient = saved
        facts: list[Part] = [(".dtype", str(place.dtype)), (".shape", tuple(place.shape))]
        return [*facts, (".data", bytes_of(elements)), (".grad", gradient)]


def _once_each(tensor: Any) -> Any:
    """Without the repetitions of `expand`: elements of one place cannot be written twice."""
    if 0 not in tensor.stride():
        return tensor
    for axis, (stride, length) in enumerate(zip(tensor.stride(), tensor.shape, strict=True)):
        if stride == 0 and length > 1:
            tensor = tensor.narrow(axis, 0, 1)
    return tensor


def bytes_of(elements: Any) -> bytes:
    """The elements in row-major order."""
    dense = elements.cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    data: bytes = dense.view(sys.modules["torch"].uint8).numpy().tobytes()
    return data


def elements_like(tensor: Any, data: bytes) -> Any:
    """A tensor with the dtype and shape of another, and these bytes.

    Raises: RemoteProtocolError.
    """
    target = _once_each(tensor.data)
    if len(data) != target.numel() * target.element_size() or str(tensor.dtype) not in SENDABLE:
        raise RemoteProtocolError("a tensor of another size")
    if str(tensor.dtype) == "torch.bool" and data and max(data) > 1:
        raise RemoteProtocolError("elements that are none of their type")
    made = sys.modules["torch"].empty(tuple(target.shape), dtype=tensor.dtype)
    if data:
        raw = sys.modules["torch"].frombuffer(bytearray(data), dtype=tensor.dtype)
        made.copy_(raw.reshape(tuple(target.shape)))
    return made


MOST_ITEM_BYTES: Final = 8


def is_plain(cls: type) -> bool:
    """torch.Tensor itself, not a class made of it."""
    torch = sys.modules.get("torch")
    return torch is not None and cls is getattr(torch, "Tensor", None)


def is_alone(tensor: Any) -> bool:
    """A dense one on the CPU that fills its own memory, and has no past that autograd knows."""
    return bool(
        tensor.is_contiguous()
        and tensor.device.type == "cpu"
        and not tensor.requires_grad
        and tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
        and not tensor._is_view()
    )


def memory_of(thing: Any) -> int:
    """Where the memory begins that a tensor, or an array, looks at; 0 for anything else."""
    if isinstance(thing, np.ndarray):
        return int(thing.__array_interface__["data"][0])
    return int(thing.untyped_storage().data_ptr()) if hasattr(thing, "untyped_storage") else 0


def zeros(dtype: object, shape: list[int]) -> Any:
    """Raises: RemoteProtocolError."""
    if dtype not in SENDABLE:
        raise RemoteProtocolError("no kind of tensor")
    torch = sys.modules["torch"]
    return torch.zeros(shape, dtype=getattr(torch, str(dtype).removeprefix("torch.")))


class Generator(Handler):
    """torch.Generator: its state as bytes."""

    tag = b"r"
    flat = True

    def take(self, obj: Any) -> bytes:
        return state_of(obj)

    def put(self, obj: Any, saved: bytes) -> None:
        set_state(obj, saved)

    def parts(self, saved: bytes) -> list[Part]:
        return [(".state", saved)]


def state_of(generator: Any) -> bytes:
    data: bytes = generator.get_state().numpy().tobytes()
    return data


def set_state(generator: Any, state: bytes) -> None:
    generator.set_state(sys.modules["torch"].frombuffer(bytearray(state), dtype=sys.modules["torch"].uint8))


_HEAD: Final = struct.Struct("<QiiQ")  # first seed, draws left, seeded, place: of the twister of the CPU
_BYTES: Final = 5056
_WORDS: Final = 624


def check_state(state: object) -> bytes:
    """torch checks a generator's state only in part: its C++ would read past the end.

    Raises: RemoteProtocolError.
    """
    if type(state) is not bytes or len(state) != _BYTES:
        raise RemoteProtocolError("no state of a torch generator")
    _, left, seeded, place = _HEAD.unpack_from(state)
    if seeded != 1 or not 1 <= left <= _WORDS or place + left > _WORDS + 1:
        raise RemoteProtocolError("a torch generator's state is out of bounds")
    return state


HANDLERS: Final[dict[str, Handler]] = {"torch.Tensor": Tensor(), "torch._C.Generator": Generator()}

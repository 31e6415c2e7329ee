"""torch's tensors and generators. Their types are known by name, and torch itself is never imported here:
whoever holds a tensor has imported it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from netcode.errors import UncapturableStateError
from peer.simulation.handlers.handler import CONSTANT, Handler, Handlers, Part
from peer.simulation.handlers.python_objects import ATTRIBUTES


class Tensor(Handler):
    """A dense tensor's elements, where they lie, and its gradient. Views keep sharing their memory.

    Elements are written past autograd, which neither hears nor counts it.
    """

    tag = b"tT"

    def capture(self, obj: Any) -> tuple[Any, Any, Any]:
        """Returns: a copy of the elements, another tensor of the same memory and shape, the gradient.

        Raises: UncapturableStateError.
        """
        if str(obj.layout) != "torch.strided" or obj.is_quantized or obj.is_meta:
            raise UncapturableStateError(f"the state cannot be remembered: a tensor of layout {obj.layout}")
        live = obj.data
        gradient = obj.grad if obj.requires_grad and obj.is_leaf else None
        return _once_each(live).clone(), live, gradient

    def restore(self, obj: Any, saved: tuple[Any, Any, Any]) -> None:
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


class Generator(Handler):
    """torch.Generator: its state as bytes."""

    tag = b"r"
    flat = True

    def capture(self, obj: Any) -> bytes:
        return state_of(obj)

    def restore(self, obj: Any, saved: bytes) -> None:
        set_state(obj, saved)

    def parts(self, saved: bytes) -> list[Part]:
        return [(".state", saved)]


def state_of(generator: Any) -> bytes:
    data: bytes = generator.get_state().numpy().tobytes()
    return data


def set_state(generator: Any, state: bytes) -> None:
    generator.set_state(sys.modules["torch"].frombuffer(bytearray(state), dtype=sys.modules["torch"].uint8))


HANDLERS: Final[Mapping[str, Handlers]] = {
    "torch.Tensor": (Tensor(), ATTRIBUTES),
    "torch._C.Generator": (Generator(),),
    **dict.fromkeys(
        ("torch.Size", "torch.device", "torch.dtype", "torch.layout", "torch.memory_format"), CONSTANT
    ),
}

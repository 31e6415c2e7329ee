"""Crafted packets of a hostile peer. None of them may change what anybody confirms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from netcode import limits
from netcode.link import Link
from netcode.simulator.game import HIGHEST_INPUT
from netcode.simulator.scenario import TrickName
from netcode.wire.packets import Goodbye, Inputs, Parting, decode, encode_goodbye, encode_inputs

FAR: Final = 10_000  # frames ahead of what can be


@dataclass(frozen=True)
class Occasion:
    """What the hostile peer has in hand: the honest packet it is about to send, and all it knows."""

    honest: bytes
    link: Link  # to whom
    others: tuple[bytes, ...]  # link ids that are not of this link in this direction
    said: Mapping[int, bytes]  # frame -> own input
    rng: Random


def craft(trick: TrickName, occasion: Occasion) -> bytes | None:
    """The packet to send beside the honest one, or None where this trick has no occasion."""
    if trick in _ON_ANY:
        return _ON_ANY[trick](occasion)
    packet = decode(occasion.honest)
    if not isinstance(packet, Inputs):
        return None  # these tricks need a link that runs
    if trick == "forged goodbye":
        goodbye = Goodbye("forged", Parting.FINISHED, packet.ack + FAR, packet.digest_ack)
        return encode_goodbye(occasion.link.remote.link_out, goodbye)
    forged = _ON_INPUTS[trick](packet, occasion)
    return encode_inputs(occasion.link.remote.link_out, forged) if forged else None


def _garbage(o: Occasion) -> bytes:
    return o.link.remote.link_out + o.rng.randbytes(o.rng.randrange(60))


def _stranger(o: Occasion) -> bytes:
    return o.rng.randbytes(40)


def _truncated(o: Occasion) -> bytes:
    return o.honest[: o.rng.randrange(limits.LINK_ID_BYTES, len(o.honest))]


def _oversize(o: Occasion) -> bytes:
    return o.honest + bytes(limits.MAX_PACKET_BYTES)


def _other_link(o: Occasion) -> bytes:
    return o.rng.choice(o.others) + o.honest[limits.LINK_ID_BYTES :]


def _equivocation(p: Inputs, o: Occasion) -> Inputs | None:
    """Says otherwise what the remote already holds."""
    frame = p.first - 1
    if frame not in o.said:
        return None
    changed = bytes([(o.said[frame][0] + 1) % (HIGHEST_INPUT + 1)])
    return replace(p, first=frame, inputs=changed + p.inputs)


def _lying_pace(p: Inputs, o: Occasion) -> Inputs:
    """Whatever the receiver cannot check: it may cost smoothness, never truth."""
    span = limits.MAX_FRAME
    return replace(
        p,
        sequence=p.sequence + 1,  # newer than the honest one
        pace=o.rng.choice((0, 1_000, limits.MAX_FRAME)),
        frame=o.rng.randrange(p.frame + 1),
        advantage=o.rng.randint(-span, span),
        sent=o.rng.randrange(2**32),
        echo=o.rng.randrange(-1, 2**32),
        held=o.rng.randrange(2**32),
    )


_ON_ANY: Final[dict[TrickName, Callable[[Occasion], bytes]]] = {
    "garbage": _garbage,
    "stranger": _stranger,
    "truncated": _truncated,
    "oversize": _oversize,
    "other link": _other_link,
}
_ON_INPUTS: Final[dict[TrickName, Callable[[Inputs, Occasion], Inputs | None]]] = {
    "forged ack": lambda p, o: replace(p, ack=p.ack + FAR),
    "forged digest ack": lambda p, o: replace(p, digest_ack=p.digest_ack + FAR),
    "future frame": lambda p, o: replace(p, frame=p.frame + FAR),
    "future inputs": lambda p, o: replace(p, inputs=p.inputs + bytes(200)),
    "gap": lambda p, o: replace(p, first=p.first + FAR),
    "no such action": lambda p, o: replace(p, inputs=p.inputs + bytes([HIGHEST_INPUT + 1])),
    "equivocation": _equivocation,
    "boast": lambda p, o: replace(p, confirmed=p.confirmed + FAR),
    "lying pace": _lying_pace,
}
TRICKS: Final[tuple[TrickName, ...]] = (*_ON_ANY, *_ON_INPUTS, "forged goodbye")
HARMLESS: Final[tuple[TrickName, ...]] = (*_ON_ANY, "boast")  # what others are to survive, and play on

"""What the transport adds to each packet: its number, its lane, and what arrived on the other's lanes.

    8 bytes link id | lane | 4 bytes number | count | count x 2 bytes: newest number of each lane | packet

Numbers run through all lanes of a link, so a second copy, and a packet that newer ones have made
unimportant, are known by their first bytes and never decoded.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from netcode.lanes import MOST_LANES, NOTHING, NUMBERS
from netcode.limits import LINK_ID_BYTES
from netcode.wire.packets import INPUTS

_HEAD: Final = Struct("<BIB")
_START: Final = LINK_ID_BYTES + _HEAD.size
_ROWS: Final = [Struct(f"<{count}H") for count in range(MOST_LANES + 1)]
_REMEMBERED: Final = 256  # newest numbers of which we know whether they came
_MASK: Final = (1 << _REMEMBERED) - 1
_FIXARRAY: Final = 0x90  # msgpack: an array of up to 15, its length in the low bits; the kind follows


def wrap(data: bytes, lane: int, number: int, newest: list[int]) -> bytes:
    """`data` as it goes on `lane`; `newest`: of each of the remote's lanes, what `LaneRecord` has."""
    head = _HEAD.pack(lane, number, len(newest))
    return b"".join((data[:LINK_ID_BYTES], head, _ROWS[len(newest)].pack(*newest), data[LINK_ID_BYTES:]))


def strip(data: bytes) -> bytes:
    """The packet alone, of a link of which nothing is recorded. What is no such packet: only its link id."""
    if len(data) < _START:
        return data[:LINK_ID_BYTES]
    return data[:LINK_ID_BYTES] + data[_START + 2 * data[_START - 1] :]


class LaneRecord:
    """What came on the lanes of one remote."""

    def __init__(self) -> None:
        self.newest: list[int] = []  # number of the newest packet of each lane, modulo NUMBERS
        self.told: tuple[int, ...] | None = None  # what the remote last said of our lanes; None: told already
        self.late = 0  # packets dropped undecoded: copies, and inputs that newer packets carried too
        self._highest = -1  # number
        self._highest_inputs = -1
        self._came = 0  # bit n: number `_highest - n` has come

    def unwrap(self, data: bytes) -> bytes | None:
        """The packet alone; None if it is not worth decoding. What is no such packet: only its link id."""
        if len(data) < _START:
            return data[:LINK_ID_BYTES]
        lane, number, count = _HEAD.unpack_from(data, LINK_ID_BYTES)
        body = _START + 2 * count
        if lane >= MOST_LANES or count > MOST_LANES or len(data) < body:
            return data[:LINK_ID_BYTES]
        while len(self.newest) <= lane:
            self.newest.append(NOTHING)
        self.newest[lane] = number % NUMBERS  # a lane keeps the order
        ahead = number - self._highest
        if ahead > 0:
            self._came = ((self._came << ahead) | 1) & _MASK if ahead < _REMEMBERED else 1
            self._highest = number
            self.told = _ROWS[count].unpack_from(data, _START)
        elif ahead <= -_REMEMBERED or self._came >> -ahead & 1:
            self.late += 1
            return None
        else:
            self._came |= 1 << -ahead
        if _is_inputs(data, body):
            if number < self._highest_inputs:
                self.late += 1
                return None
            self._highest_inputs = number
        return data[:LINK_ID_BYTES] + data[body:]


def _is_inputs(data: bytes, body: int) -> bool:
    """Cumulative, so that only the newest counts. Those with roster changes are longer, and always taken."""
    return len(data) > body + 1 and data[body] & 0xF0 == _FIXARRAY and data[body + 1] == INPUTS

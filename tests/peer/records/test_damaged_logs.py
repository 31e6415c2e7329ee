"""A log may come from anywhere: no damage is an error of ours, and none passes for the whole match."""

from __future__ import annotations

import io
import math
import random
import struct
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgpack
import pytest
from example_log import FINISHED, FRAMES, HEADER

from netcode.errors import NetplayError
from netcode.simulator.game import MixingGame
from peer.records.log_records import MAGIC, RecordWriter, read_records
from peer.records.log_writer import MatchLogWriter
from peer.records.match_log import MatchLog
from peer.records.verification import compare_with_reference

BAD: Final = [
    *(None, True, -1, 7, 5000, 2**63, 2**64 - 1, 3.5, 1e308, math.nan, math.inf),
    *(
        "x",
        "\x1b[31mX\x07",
        "y" * 2000,
        b"",
        b"zz",
        b"z" * 9000,
        [],
        [[]],
        [1],
        {},
        {"a": 1},
        {"a": {"b": []}},
    ),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("logs") / "log"
    writer = MatchLogWriter(path, HEADER)
    writer.write(FRAMES[:70])
    writer.note({"input_delay": 3})
    writer.write(FRAMES[70:])
    writer.close(None, FINISHED)
    return path.read_bytes()


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[bytes], str | None]:
    """What is said of a file with these bytes; None: the whole match, as recorded."""

    def judge(content: bytes) -> str | None:
        path = tmp_path / "log"
        path.write_bytes(content)
        try:
            log = MatchLog.read(path)
            divergence = compare_with_reference(log, MixingGame(2, 5))
        except NetplayError as error:
            return str(error)
        if divergence is None and log.missing is None:
            assert [frame.inputs for frame in log.frames] == [frame.inputs for frame in FRAMES]
            return None
        return log.missing or str(divergence)

    return judge


def records_of(data: bytes) -> list[Any]:
    return [record for _, record in read_records(io.BytesIO(data))]


def sealed(records: list[Any]) -> bytes:
    """A log of any records, with the right checksums."""
    file = io.BytesIO()
    writer = RecordWriter(file)
    for record in records:
        writer.add(record)
    return file.getvalue()


def test_the_log_itself_is_whole(data: bytes, judged: Callable[[bytes], str | None]) -> None:
    assert judged(data) is None
    assert sealed(records_of(data)) == data


def test_a_thousand_truncations(data: bytes, judged: Callable[[bytes], str | None]) -> None:
    lengths = random.Random(1)
    for _ in range(1000):
        length = lengths.randrange(len(data))
        said = judged(data[:length])
        assert said is not None and said.isprintable(), length


def test_a_thousand_bit_flips(data: bytes, judged: Callable[[bytes], str | None]) -> None:
    bits = random.Random(2)
    for _ in range(1000):
        flipped = bytearray(data)
        place = bits.randrange(len(data))
        flipped[place] ^= 1 << bits.randrange(8)
        said = judged(bytes(flipped))
        assert said is not None and said.isprintable(), place


def test_damage_is_told_with_its_place_and_what_is_left(
    data: bytes, judged: Callable[[bytes], str | None]
) -> None:
    places = [place for place, _ in read_records(io.BytesIO(data))]
    *_, last_chunk, end = places
    flipped = bytearray(data)
    flipped[last_chunk + 20] ^= 1
    held = "it holds frames 0 to 69 of 150; the"
    assert judged(bytes(flipped)) == f"{held} record at byte {last_chunk:,} is damaged"
    assert (
        judged(data[: last_chunk + 3]) == f"{held} file is cut off within the record at byte {last_chunk:,}"
    )
    assert judged(data[:end]) == (
        "it holds frames 0 to 149 of 150, and no end: whoever wrote it was ended, or could not write any more"
    )


def test_what_is_left_out_doubled_or_moved_is_found(
    data: bytes, judged: Callable[[bytes], str | None]
) -> None:
    header, first, note, *rest = cut(data)
    for pieces in (
        [header, note, *rest],  # a chunk less
        [header, first, first, note, *rest],
        [header, note, first, *rest],
        [header, first, *rest],
        [header, first, note, *rest, rest[-1]],
        [header],
    ):
        assert judged(MAGIC + b"".join(pieces)) is not None


def cut(data: bytes) -> list[bytes]:
    """The records as bytes."""
    places = [place for place, _ in read_records(io.BytesIO(data))] + [len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def test_less_than_the_header_promises_is_never_as_recorded(
    data: bytes, judged: Callable[[bytes], str | None]
) -> None:
    """By somebody who knows the checksum."""
    header, first, note, second, end = records_of(data)
    nothing = [None] * 70
    part = [*second[:2], *(values[:-1] for values in second[2:])]
    for records, says in (
        ([header, end], "it holds no frames"),
        ([header, ["end", 0, "finished", ""]], "it holds no frames"),
        ([header, first, note, end], "by its end, the match had 150"),
        ([header, second, end], "frame 0 should follow, not 70"),
        ([header, first, note, first, second, end], "frame 70 should follow, not 0"),
        ([header, [*first[:3], nothing, first[4]], second, end], "frame 69: its outcome is missing"),
        ([header, [*first[:4], nothing], second, end], "frame 19: a digest is missing"),
        ([header, first, [*second[:3], [None] * 5 + second[3][5:], second[4]], end], "frame 74: its outcome"),
        (
            [header, first, [*part[:3], [*part[3][:-1], None], part[4]], ["end", 149, "left", ""]],
            "frame 148: its",
        ),
        (
            [header, *([*chunk[:3], [None] * len(chunk[3]), chunk[4]] for chunk in (first, second)), end],
            "of none",
        ),
        ([header, first, second], "and no end"),
        ([header, first, second, end, end], "more after the end"),
    ):
        said = judged(sealed(records))
        assert said is not None and says in said, said


def test_an_input_that_the_game_does_not_take_is_named(
    data: bytes, judged: Callable[[bytes], str | None]
) -> None:
    records = records_of(data)
    records[1][2][3] = b"\x00\xff"
    assert judged(sealed(records)) == "frame 3: the input of slot 1 is none of this game's"


def test_any_value_in_any_place(data: bytes, judged: Callable[[bytes], str | None]) -> None:
    """Checksums are right: the values themselves must be looked at."""
    records = records_of(data)
    tried = 0
    for place in places_of(records):
        for bad in BAD:
            changed = put(records, place, bad)
            said = judged(sealed(changed))
            assert said is None or said.isprintable(), (place, bad)
            tried += 1
    assert tried > 1500


def places_of(value: Any, deep: int = 4) -> Iterator[tuple[Any, ...]]:
    """Ways to parts of a value: of a long list the first ones."""
    if not deep or not isinstance(value, list | dict):
        return
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value[:7]))
    for key, part in items:
        yield (key,)
        yield from ((key, *rest) for rest in places_of(part, deep - 1))


def put(records: list[Any], place: tuple[Any, ...], value: object) -> list[Any]:
    changed = deepcopy(records)
    inside: Any = changed
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return changed


def test_records_that_are_no_values(judged: Callable[[bytes], str | None]) -> None:
    for payload in (b"\x91" * 100_000, b"\xc1", b"", msgpack.packb([1] * 2000), b"\xdf\xff\xff\xff\xff"):
        file = io.BytesIO()
        writer = RecordWriter(file)
        whole = file.getvalue()
        writer._write(struct.pack("<II", len(payload), 0) + payload)
        assert judged(file.getvalue()) is not None
        assert judged(whole + struct.pack("<II", 2**31, 0)) is not None


@pytest.mark.parametrize("length", range(1, len(MAGIC)))
def test_a_first_line_that_is_cut_is_no_other_format(
    length: int, judged: Callable[[bytes], str | None]
) -> None:
    said = judged(MAGIC[:length])
    assert said is not None and "ends within its first line" in said


@pytest.mark.parametrize("first_line", [b"netplay log 1\n", b"netplay log 17\n"])
def test_another_format_is_named(first_line: bytes, judged: Callable[[bytes], str | None]) -> None:
    said = judged(first_line + b"and more")
    assert said is not None and "this netplay reads format 2" in said

"""All confirmed inputs in one buffer; the oldest go when it is full."""

from __future__ import annotations

import pytest

from netcode.archive import Archive


def filled(frames: int, interval: int = 10, last_frame: int = 0, max_bytes: int = 1000) -> Archive:
    archive = Archive(2, interval, last_frame, max_bytes)
    for frame in range(frames):
        archive.add(frame.to_bytes(2, "big"))
        if archive.digests_due(frame + 1) > archive.digest_count:
            archive.add_digest(archive.digest_count.to_bytes(8, "big"))
    return archive


def test_frames_and_digests_come_back_as_they_went_in() -> None:
    archive = filled(25)
    assert archive.frames(3, 5) == bytes([0, 3, 0, 4])
    assert archive.frames(25, 25) == b""
    assert archive.digests(1, 2) == (1).to_bytes(8, "big")
    assert (archive.count, archive.digest_count) == (25, 2)


@pytest.mark.parametrize(("settled", "due"), [(0, 0), (9, 0), (10, 1), (24, 2), (25, 3)], ids=str)
def test_a_digest_is_settled_with_the_last_of_its_frames(settled: int, due: int) -> None:
    archive = filled(25, last_frame=25)
    archive.settled = settled
    assert archive.settled_digests == due
    assert archive.complete


def test_nothing_is_complete_without_the_last_digest() -> None:
    archive = Archive(1, 10, 10)
    for _ in range(10):
        archive.add(b"a")
    assert not archive.complete
    archive.add_digest(bytes(8))
    assert archive.complete
    assert not filled(25).complete  # a match without a last frame


def test_beyond_its_bytes_the_oldest_frames_go_with_their_digests() -> None:
    archive = filled(2000, max_bytes=300)
    assert archive.capacity == 100
    assert archive.first == 1900
    assert archive.frames(1950, 1951) == (1950).to_bytes(2, "big")
    assert archive.digests(195, 196) == (195).to_bytes(8, "big")
    assert len(archive._inputs) + len(archive._digests) <= 300

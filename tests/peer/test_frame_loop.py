"""A game that cannot be looked at, as it is guessed or as it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from netcode.errors import GameError
from peer.frame_loop import FrameLoop


@pytest.mark.parametrize(("confirmed", "failed"), [(4, []), (7, ["frame 7: it is dark"])])
def test_what_cannot_be_seen_is_waited_for_unless_it_is_true(confirmed: int, failed: list[str]) -> None:
    said: list[str] = []
    session: Any = SimpleNamespace(
        wants_inputs=True, input_frame=9, frame=7, confirmed=confirmed, fail=said.append
    )

    def sample(frame: int) -> None:
        raise GameError("it is dark")

    loop = FrameLoop.__new__(FrameLoop)
    loop.session, loop._sample = session, sample
    assert not loop._has_inputs()
    assert said == failed

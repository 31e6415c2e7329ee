"""Lanes in turn."""

from netcode.lanes import InTurn


def test_every_lane_in_turn():
    lanes = InTurn(3)
    assert [lanes.next_lane() for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]
    assert InTurn().lanes == 2

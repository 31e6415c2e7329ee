"""Keys between frames: held ones, tapped ones, and those of a window that lost the focus."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peer.screen.held_keys import HeldKeys


def test_a_held_key_counts_until_it_comes_up() -> None:
    held = HeldKeys()
    held.press(1)
    assert held.take() == (1,)
    assert held.take() == (1,)
    held.release(1)
    assert held.take() == ()


def test_a_tap_within_a_frame_counts_for_one_frame() -> None:
    held = HeldKeys()
    held.press(1)
    held.release(1)
    assert held.take() == (1,)
    assert held.take() == ()


def test_keys_stand_in_the_order_of_pressing() -> None:
    held = HeldKeys()
    for key in (3, 1, 2):
        held.press(key)
    assert held.take() == (3, 1, 2)
    held.release(3)
    held.press(3)
    assert held.take() == (1, 2, 3)


def test_a_key_pressed_again_within_a_frame_stays_down() -> None:
    held = HeldKeys()
    held.press(1)
    held.release(1)
    held.press(2)
    held.press(1)
    assert held.take() == (2, 1)
    assert held.take() == (2, 1)


def test_losing_the_focus_lets_go_of_all_keys() -> None:
    held = HeldKeys()
    held.press(1)
    held.press(2)
    held.release(2)
    held.release_all()
    assert held.take() == ()
    held.release(1)  # a release that comes late is no harm
    assert held.take() == ()


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=6), max_size=8))
def test_every_press_is_seen_and_nothing_stays(frames: list[list[tuple[bool, int]]]) -> None:
    held, down = HeldKeys(), set()
    for events in frames:
        before, pressed = set(down), set()
        for goes_down, key in events:
            if goes_down:
                held.press(key)
                down.add(key)
                pressed.add(key)
            else:
                held.release(key)
                down.discard(key)
        taken = held.take()
        assert down | pressed <= set(taken) <= before | pressed
        assert len(set(taken)) == len(taken)
    assert set(held.take()) == down

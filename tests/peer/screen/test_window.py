"""The window, drawn for real into memory (SDL's dummy driver), and read back."""

from __future__ import annotations

import numpy as np
import pygame
import pytest

from peer.screen import End, Hud
from peer.screen.look import BAR_HEIGHT, SLOTS
from peer.screen.window import Window

RED, BLUE = (200, 30, 40), (10, 40, 220)


def picture(height: int = 100, width: int = 200) -> np.ndarray:
    """Red at the left, blue at the right."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = RED, BLUE
    return pixels


def shown(window: Window) -> np.ndarray:
    """Height x width x 3."""
    return pygame.surfarray.array3d(window._window.get_surface()).swapaxes(0, 1)


def key(kind: int, code: int) -> None:
    pygame.event.post(pygame.event.Event(kind, key=code))


def test_the_picture_fills_the_window_in_whole_multiples(window: Window) -> None:
    window.draw(picture(), Hud("ann", 0))
    pixels = shown(window)
    assert pixels.shape == (400 + BAR_HEIGHT, 800, 3)
    assert tuple(pixels[100, 399]) == RED
    assert tuple(pixels[100, 400]) == BLUE  # sharp: no colour between


def test_a_large_picture_is_made_smaller(window: Window) -> None:
    window.draw(picture(1000, 3000), Hud("ann", 0))
    height, width, _ = shown(window).shape
    assert (width, height - BAR_HEIGHT) == (960, 320)
    assert np.abs(shown(window)[100, 100].astype(int) - RED).max() <= 3  # averaged, so nearly


def test_a_picture_of_any_memory_layout(window: Window) -> None:
    turned = np.ascontiguousarray(picture().swapaxes(0, 1)).swapaxes(0, 1)
    turned.flags.writeable = False
    window.draw(turned, Hud("ann", 0))
    assert tuple(shown(window)[100, 100]) == RED


def test_a_picture_that_is_drawn_into_again_is_shown_anew(window: Window) -> None:
    pixels = picture()
    window.draw(pixels, Hud("ann", 0))
    pixels[:] = BLUE
    window.redraw()
    assert tuple(shown(window)[100, 100]) == RED, "the frame that was drawn"
    window.draw(pixels, Hud("ann", 0))
    assert tuple(shown(window)[100, 100]) == BLUE


def test_a_resized_window_keeps_the_shape_of_the_picture(window: Window) -> None:
    window.draw(picture(), Hud("ann", 0))
    window._window.size = (1100, 450)
    window.draw(picture(), Hud("ann", 0))
    pixels = shown(window)
    red = np.argwhere((pixels[: 450 - BAR_HEIGHT] == RED).all(axis=2))
    blue = np.argwhere((pixels[: 450 - BAR_HEIGHT] == BLUE).all(axis=2))
    (top, left), (bottom, right) = red.min(axis=0), blue.max(axis=0)
    assert (right - left + 1, bottom - top + 1) == (600, 300)
    assert abs(left - (1099 - right)) <= 1  # in the middle


def test_the_bar_shows_the_slot_and_every_figure(window: Window) -> None:
    def bar(**figures: object) -> bytes:
        window.draw(picture(), Hud("ann", 1, **figures))
        return shown(window)[-BAR_HEIGHT:].tobytes()

    plain = bar()
    assert (shown(window)[-BAR_HEIGHT:] == SLOTS[1]).all(axis=2).any()
    figures = {"frame": 7, "frames": 9, "ping_ms": 50.0, "rollbacks": 3, "input_delay": 2}
    figures |= {"input_delay_auto": True}
    drawn = [bar(**{name: value}) for name, value in figures.items()]
    assert len({plain, *drawn}) == len(figures) + 1


def test_the_bar_says_that_the_co_pilot_plays(window: Window) -> None:
    bars = []
    for slots in ((), (0,), ()):
        window.draw(picture(), Hud("ann", 0, co_piloted=slots))
        bars.append(shown(window)[-BAR_HEIGHT:].copy())
    assert (bars[0] == bars[2]).all()
    words = (bars[0] != bars[1]).any(axis=2)
    assert words.any()
    assert not words[:, 400:].any(), "it stands at the left, by the slot"


@pytest.mark.parametrize("said", [{"waiting_for": "bob"}, {"notice": "running at 38 of 60 fps"}])
def test_waiting_and_what_else_is_to_be_known_is_said_over_the_picture(window: Window, said) -> None:
    window.draw(picture(), Hud("ann", 0))
    plain = shown(window)
    window.draw(picture(), Hud("ann", 0, **said))
    changed = np.argwhere((plain != shown(window)).any(axis=2))
    assert len(changed) > 100
    assert changed[:, 0].max() < 60  # at the top


def test_without_a_picture_yet_the_player_sees_whom_we_wait_for(window: Window) -> None:
    window.draw(None, Hud("ann", 0))
    plain = shown(window)
    window.draw(None, Hud("ann", 0, waiting_for="one more player"))
    assert (plain != shown(window)).any()


def test_f1_turns_the_plots_on_and_off(window: Window) -> None:
    def draw() -> np.ndarray:
        window.draw(
            picture(), Hud("ann", 0, rollback_depth=3, frame_ms=5.0, frame_budget_ms=16.7, ping_ms=80.0)
        )
        return shown(window)

    plain = draw()
    key(pygame.KEYDOWN, pygame.K_F1)
    assert window.poll()
    assert (plain != draw()).any()
    assert window.pressed_keys() == ()  # F1 is ours, not the game's
    key(pygame.KEYDOWN, pygame.K_F1)
    window.poll()
    assert (plain == draw()).all()


def test_keys_are_those_of_the_focused_window(window: Window) -> None:
    key(pygame.KEYDOWN, pygame.K_w)
    key(pygame.KEYDOWN, pygame.K_a)
    window.poll()
    assert window.pressed_keys() == (pygame.K_w, pygame.K_a)
    key(pygame.KEYUP, pygame.K_w)
    assert window.pressed_keys() == (pygame.K_a,)
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    assert window.pressed_keys() == ()


def test_a_tap_waits_for_the_frame_that_asks(window: Window) -> None:
    key(pygame.KEYDOWN, pygame.K_SPACE)
    key(pygame.KEYUP, pygame.K_SPACE)
    for _ in range(3):  # as in a stall
        window.poll()
    assert window.pressed_keys() == (pygame.K_SPACE,)
    assert window.pressed_keys() == ()


def test_closing_is_noticed_even_between_two_frames(window: Window) -> None:
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    window.pressed_keys()
    assert not window.poll()


@pytest.mark.parametrize("kind", [pygame.QUIT, pygame.WINDOWCLOSE])
def test_closing_is_noticed(window: Window, kind: int) -> None:
    assert window.poll()
    pygame.event.post(pygame.event.Event(kind))
    assert not window.poll()
    assert not window.poll()


def test_the_end_is_shown_for_its_time_and_no_longer_once_closed(window: Window) -> None:
    window.draw(picture(), Hud("ann", 0))
    before = shown(window)
    window.show_end(End("both peers played the same 900 frames " * 5, True), seconds=0.05)
    pixels = shown(window)
    assert (before[:400] != pixels[:400]).any(axis=2).mean() > 0.99
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    window.show_end(End("over", False), seconds=1000)


def test_an_environment_with_a_display_of_its_own_is_in_nobodys_way(window: Window) -> None:
    window.draw(picture(), Hud("ann", 0))
    pygame.display.set_mode((50, 50)).fill((9, 9, 9))
    pygame.display.flip()
    window.draw(picture(), Hud("ann", 0))
    assert shown(window).shape[1] == 800
    assert tuple(shown(window)[100, 100]) == RED


def test_an_environment_that_ends_pygame_does_not_break_the_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    window = Window("test")
    window.draw(picture(), Hud("ann", 0))
    pygame.quit()
    window.close()


def test_windows_of_one_desktop_stand_side_by_side(window: Window) -> None:
    other = Window("other", (1, 2))
    window._place = (0, 2)
    window.draw(picture(), Hud("ann", 0))
    other.draw(picture(), Hud("bob", 1))
    left, right = (pygame.Rect(w._window.position, w._window.size) for w in (window, other))
    assert left.right <= right.left
    other.close()


def test_f2_and_f3_turn_the_input_delay(window: Window) -> None:
    for code in (pygame.K_F3, pygame.K_F3, pygame.K_F3, pygame.K_F2):
        key(pygame.KEYDOWN, code)
    window.poll()
    assert (window.delay_steps(), window.delay_steps()) == (2, 0)
    assert window.pressed_keys() == ()


def colours_of(pixels: np.ndarray, slot: int) -> int:
    """How many pixels have the slot's colour, or nearly."""
    return int((np.abs(pixels.astype(int) - SLOTS[slot]).max(axis=2) < 12).sum())


def test_in_a_race_each_half_has_its_players_name(window: Window) -> None:
    window.draw(picture(100, 400), Hud("ann", 0, halves=("ann", "bob")))
    top = shown(window)[:60]
    left, right = top[:, : top.shape[1] // 2], top[:, top.shape[1] // 2 :]
    assert colours_of(left, 0) > 10 < colours_of(right, 1)
    assert colours_of(left, 1) == colours_of(right, 0) == 0


def test_the_last_page_names_the_winner_and_every_score(window: Window) -> None:
    window.draw(picture(), Hud("ann", 0))

    def last(end: End) -> np.ndarray:
        window.show_end(end, seconds=0.02)
        return shown(window)[:-BAR_HEIGHT]

    plain = last(End("150 frames confirmed by all 2", True))
    scores = ((0, "ann", "12"), (1, "bob", "7"))
    told = last(End("150 frames confirmed by all 2", True, "ann wins", scores))
    assert colours_of(plain, 0) == colours_of(plain, 1) == 0
    assert colours_of(told, 0) > 10 < colours_of(told, 1)
    other = last(End("150 frames confirmed by all 2", True, "bob wins", scores))
    assert (told != other).any()


def test_in_a_low_window_the_last_page_leaves_out_what_would_lie_over_the_hint(window: Window) -> None:
    scores = tuple((slot, f"p{slot}", "1") for slot in range(8))
    figures = (("FRAMES", "150"), ("PING", "20 ms"))

    def last(end: End, height: int) -> np.ndarray:
        window.draw(picture(height, 400), Hud("ann", 0))
        window.show_end(end, seconds=0.02)
        return shown(window)[:-BAR_HEIGHT]

    for height, fits in ((100, False), (300, True)):
        plain = last(End("over", True, "ann wins", scores), height)
        told = last(End("over", True, "ann wins", scores, figures), height)
        assert (plain != told).any() is np.bool_(fits)

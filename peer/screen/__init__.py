"""What the player sees."""

from peer.displays import headless
from peer.screen.match_view import MatchView
from peer.screen.opening import check_display, open_screen
from peer.screen.screen import End, Hud, Screen

__all__ = ["End", "Hud", "MatchView", "Screen", "check_display", "headless", "open_screen"]

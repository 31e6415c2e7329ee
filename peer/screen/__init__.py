"""What the player sees."""

from peer.screen.match_view import MatchView
from peer.screen.opening import headless, open_screen
from peer.screen.screen import Hud, NoScreen, Screen

__all__ = ["Hud", "MatchView", "NoScreen", "Screen", "headless", "open_screen"]

"""What the player sees."""

from peer.screen.match_view import MatchView
from peer.screen.screen import Hud, NoScreen, Screen, headless, open_screen

__all__ = ["Hud", "MatchView", "NoScreen", "Screen", "headless", "open_screen"]

"""What the player sees."""

from peer.screen.screen import Hud, NoScreen, Screen, headless, open_screen

__all__ = ["Hud", "NoScreen", "Screen", "headless", "open_screen"]

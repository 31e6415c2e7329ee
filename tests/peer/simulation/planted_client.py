"""The same, but only by an object that talks to the server."""

from __future__ import annotations

import planted_server
from planted_games import Walk


class ByClient(Walk):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self.client = planted_server.Client()  # the draw
        self.client.number = len(self.possible_agents)

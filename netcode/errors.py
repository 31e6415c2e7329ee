"""Every error netplay raises on purpose. Whose fault it is decides the class."""

from __future__ import annotations


class NetplayError(Exception):
    """Base of all. Its text is one line that says what is wrong and what to do."""


class ConfigError(NetplayError):
    """A setting is missing, unknown or out of range; the text names the key and what is allowed."""


class UnplayableError(NetplayError):
    """The environment cannot be made or cannot be played; the text says why and what still works."""


class GameError(UnplayableError):
    """The game's own code failed in a frame; the text names the place.

    Where inputs were guessed, that frame waits for the true ones; with confirmed inputs it ends the match.
    """


class UncapturableStateError(NetplayError):
    """The game holds something that no snapshot can put back; the text names its path and type.

    `readable` stands for its state where one is to be digested or shown: it can never be restored.
    """

    def __init__(self, text: str, readable: object = None) -> None:
        super().__init__(text)
        self.readable = readable


class LocalProtocolError(NetplayError):
    """This program used the netcode wrongly: a bug here, never the remote's doing."""


class RemoteProtocolError(NetplayError):
    """A remote sent what it must not. Counted and dropped by the caller; never fatal by itself."""


class MatchRefusedError(NetplayError):
    """The broker or a remote refused us; the text names the reason or the differing field."""


class BrokerUnreachableError(NetplayError):
    """No broker answered at the address given."""


class MatchTimeoutError(NetplayError):
    """The other players did not come in time."""

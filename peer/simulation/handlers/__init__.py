"""How the contents of each kind of object are taken and put back; docs/handlers.md says how to add a kind."""

from peer.simulation.handlers.handler import CONSTANT, Handler, Handlers, Part, RefusedError
from peer.simulation.handlers.python_objects import ATTRIBUTES

__all__ = ["ATTRIBUTES", "CONSTANT", "Handler", "Handlers", "Part", "RefusedError"]

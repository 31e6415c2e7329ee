"""Which of pymunk's classes are remembered how, by name: nothing is imported that is not there."""

from __future__ import annotations

from typing import Final

from peer.simulation.handlers.handler import Handler
from peer.simulation.handlers.pymunk_objects import Body, CollisionHandler, Constraint, Shape
from peer.simulation.handlers.pymunk_space import Space

HANDLERS: Final[dict[str, Handler]] = {
    "pymunk.space.Space": Space(),
    "pymunk.body.Body": Body(),
    "pymunk.shapes.Shape": Shape(),
    "pymunk.constraints.Constraint": Constraint(),
    "pymunk._collision_handler.CollisionHandler": CollisionHandler(),
    "pymunk.collision_handler.CollisionHandler": CollisionHandler(),
}

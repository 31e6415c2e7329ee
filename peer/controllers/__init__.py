"""Where a slot's input comes from."""

from peer.controllers.controller import Controller
from peer.controllers.make import make_controller
from peer.controllers.specs import parse_spec

__all__ = ["Controller", "make_controller", "parse_spec"]

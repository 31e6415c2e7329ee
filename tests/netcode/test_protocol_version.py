"""No message changes without a new protocol version: others would not understand it, and not know why."""

import dataclasses
import importlib
import pkgutil
from enum import Enum
from hashlib import blake2b

import netcode.wire
from netcode.limits import PROTOCOL_VERSION
from netcode.wire.lobby import KINDS

LAYOUT_OF = (3, "cc328947905140d2")  # the newest version, and the digest of its messages


def layout():
    """Every message that is sent: its name, its fields in their order, and the numbers of the kinds."""
    yield from (f"{kind}={message.__name__}" for kind, message in KINDS.items())
    names = [f"netcode.wire.{found.name}" for found in pkgutil.iter_modules(netcode.wire.__path__)]
    for module in map(importlib.import_module, [*names, "netcode.roster"]):
        for name, thing in sorted(vars(module).items()):
            if getattr(thing, "__module__", None) != module.__name__ or not isinstance(thing, type):
                continue
            if dataclasses.is_dataclass(thing):
                fields = [f"{field.name}: {field.type}" for field in dataclasses.fields(thing)]
                yield f"{module.__name__}.{name}({', '.join(fields)})"
            elif issubclass(thing, Enum):
                yield f"{module.__name__}.{name}({', '.join(f'{one.name}={one.value}' for one in thing)})"


def test_a_change_of_the_messages_is_a_new_version():
    digest = blake2b("\n".join(layout()).encode(), digest_size=8).hexdigest()
    told = "messages have changed: raise PROTOCOL_VERSION in netcode/limits.py, then write both here"
    assert (PROTOCOL_VERSION, digest) == LAYOUT_OF, told

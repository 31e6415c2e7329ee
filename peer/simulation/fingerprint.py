"""Which game a peer would play: compared at the handshake, so that unequal peers never start.

Equal fingerprints do not prove equal games (digests watch over that); they name the usual causes of
unequal ones before they cost anybody a match.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import platform
import re
import sys
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netcode.fingerprint import ABOUT
from netcode.limits import MAX_FIELDS, PROTOCOL_VERSION
from netcode.settings import Scalar
from peer.simulation.handlers.registry import distributions_for
from peer.simulation.packages import own_code, packages_of
from peer.simulation.state.portable_paths import portable

if TYPE_CHECKING:
    from peer.simulation.environment_simulation import EnvironmentSimulation

# Always named, whether or not the environment is written with them.
_ALWAYS: Final = ("netplay", "gymnasium", "numpy")
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
_LONGEST: Final = 200  # characters of a field


def fingerprint(
    env: str, env_args: Mapping[str, Scalar], simulation: EnvironmentSimulation
) -> dict[str, str]:
    """Field -> text, at most MAX_FIELDS of them."""
    fields = {
        "protocol": str(PROTOCOL_VERSION),
        "env": env,
        "slots": _text(f"{simulation.slots}: {', '.join(simulation.agents)}"),
        "wrappers": _text(" of ".join(type(layer).__name__ for layer in simulation.layers())),
        "spec": _text(simulation.ask(_spec)),
        "observations": _digest("|".join(simulation.ask(_observations)).encode()),
        "inputs": _digest("|".join(_spaces(simulation)).encode()),
        "python": f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}",
        "machine": platform.machine(),
        "bytes": sys.byteorder,
        "rollback": "yes" if simulation.captures else "no, lockstep only",
    }
    fields |= {f"{ABOUT}{part}": _text(words) for part, words in about_this_machine().items()}
    fields |= {f"env_args.{name}": repr(value) for name, value in sorted(env_args.items())}
    fields |= {f"floats.{name}": digest for name, digest in float_probes().items()}
    fields |= {f"code.{name}": digest for name, digest in own_code(simulation.layers()).items()}
    fields |= {f"version.{name}": version for name, version in _versions(simulation).items()}
    return dict(list(fields.items())[:MAX_FIELDS])


def float_probes() -> dict[str, str]:
    """Digests of results that differ between CPUs, maths libraries or numpy builds: 8 hex digits each.

    Small and unthreaded, so that the same machine always gives the same.
    """
    x = np.linspace(-9.0, 9.0, 997)
    small = np.linspace(-1.0, 1.0, 36).reshape(6, 6)
    return {
        "numpy.exp": _digest(np.exp(x).tobytes() + np.exp(x.astype(np.float32)).tobytes()),
        "numpy.sin": _digest(np.sin(x * 50).tobytes() + np.cos(x.astype(np.float32) * 50).tobytes()),
        "numpy.sum": _digest(np.add.reduce(x * 1e-3).tobytes() + np.hypot(x, x[::-1]).tobytes()),
        "numpy.matmul": _digest(np.matmul(small, small.T + 0.1).tobytes()),
        "math": _digest(np.array([f(v) for v in x for f in (math.sin, math.exp, math.tanh)]).tobytes()),
        "pow": _digest(np.array([abs(v) ** 1.7 for v in x.tolist()]).tobytes()),
    }


def about_this_machine() -> dict[str, str]:
    """What the floats depend on, to explain a difference."""
    try:
        core = importlib.import_module("numpy._core._multiarray_umath")
        cpu = " ".join(name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name))
    except (ImportError, AttributeError):  # private: a later numpy may have it elsewhere
        cpu = "unknown"
    return {"cpu": cpu, "libc": " ".join(platform.libc_ver()).strip() or platform.system()}


def _text(text: str) -> str:
    """Cut where it would be long, but never equal to another one that was cut."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... {_digest(text.encode())}"


def _spec(env: Any) -> str:
    """How the environment was registered, in words; "none" if it was not."""
    spec = getattr(env[0] if isinstance(env, tuple) else env, "spec", None)
    if spec is None:
        return "none"
    names = ("entry_point", "max_episode_steps", "kwargs", "additional_wrappers")
    told = {name: getattr(spec, name) for name in names if getattr(spec, name, None)}
    if isinstance(told.get("kwargs"), dict):  # may name files, which lie elsewhere on each machine
        told["kwargs"] = {
            name: portable(value) if isinstance(value, str) else value
            for name, value in told["kwargs"].items()
        }
    return _ADDRESS.sub("", " ".join(f"{name}={value!r}" for name, value in told.items()))


def _observations(env: Any) -> list[str]:
    """Each slot's observation space in words; "none" where the environment has none to tell."""
    if isinstance(env, tuple):
        return [_ADDRESS.sub("", repr(runner.observation_space)) for runner in env]
    try:
        spaces = [env.observation_space(agent) for agent in env.possible_agents]
    except Exception:  # not all have them, and some only say so when asked
        return ["none"]
    return [_ADDRESS.sub("", repr(space)) for space in spaces]


def _spaces(simulation: EnvironmentSimulation) -> list[str]:
    codecs = zip(simulation.codecs, simulation.default_inputs, strict=True)
    return [f"{codec.description}:{default.hex()}" for codec, default in codecs]


def _versions(simulation: EnvironmentSimulation) -> dict[str, str]:
    """Distribution -> version, of those whose code the environment is made of or imports by name."""
    by_package = importlib.metadata.packages_distributions()
    names = set(_ALWAYS)
    for package in packages_of(simulation.layers()):
        names.update(by_package.get(package, ()), distributions_for(package))
    return {name: version for name in sorted(names) if (version := _version(name)) is not None}


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _digest(data: Any) -> str:
    return blake2b(data, digest_size=4).hexdigest()

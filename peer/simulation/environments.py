"""ENV_ID -> a fresh environment object, or one line that says what to do.

CartPole-v1, module:Name-v0                          Gymnasium ids
pettingzoo:butterfly/knights_archers_zombies_v11     PettingZoo, by family and module
module:callable                                      returns a ParallelEnv, an AECEnv or a gymnasium.Env
race:ID                                              N copies of a Gymnasium environment (made by any of the
                                                     above), side by side
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import gymnasium

from netcode.errors import ConfigError, GameError, UnplayableError
from netcode.settings import Scalar
from peer.simulation.contained import contained
from peer.simulation.quoting import hint, near, one_line
from peer.simulation.source_lines import module_of

RACE: Final = "race:"
PETTINGZOO: Final = "pettingzoo:"
_VERSIONED: Final = re.compile(r"-v\d+$")

Maker = Callable[[], Any]
_T = TypeVar("_T")


def find_maker(env_id: str, env_args: Mapping[str, Scalar]) -> Maker:
    """A function that makes one fresh environment (one runner of a race), in rgb_array mode where offered.

    Raises: UnplayableError if there is no such environment, or its package is missing.
    """
    if env_id.startswith(RACE):
        return find_maker(env_id.removeprefix(RACE), env_args)
    if env_id.startswith(PETTINGZOO):
        return _pettingzoo_maker(env_id.removeprefix(PETTINGZOO), env_args)
    if ":" in env_id and not _VERSIONED.search(env_id) and not _is_registered(env_id):
        return _callable_maker(env_id, env_args)
    return _gymnasium_maker(env_id, env_args)


def _is_registered(env_id: str) -> bool:
    """A name without a version may be one of Gymnasium's, too."""
    module, _, name = env_id.rpartition(":")
    _import(module, env_id)
    return name in gymnasium.registry


def make_environment(maker: Maker, env_id: str) -> Any:
    """Make one, with what goes wrong in its constructor told in one line.

    Raises: UnplayableError.
    """
    made = in_one_line(maker, env_id)
    if not isinstance(made, gymnasium.Env) and not hasattr(made, "possible_agents"):
        raise no_environment(made, env_id)
    return made


def no_environment(made: Any, env_id: str) -> UnplayableError:
    """What to say of something else that was made instead."""
    if any(module_of(base).partition(".")[0] == "gym" for base in type(made).__mro__):
        return UnplayableError(
            f"{env_id} makes an environment of gym, which came before Gymnasium; name a function that wraps "
            "it in shimmy's GymV21CompatibilityV0 or GymV26CompatibilityV0"
        )
    return UnplayableError(
        f"{env_id} made a {type(made).__qualname__}; expected a PettingZoo ParallelEnv or AECEnv (with "
        "possible_agents), or a gymnasium.Env"
    )


def in_one_line(call: Callable[[], _T], env_id: str) -> _T:
    """What `call` finds in the environment's code, on the way to make it.

    Raises: UnplayableError.
    """
    try:
        with contained, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    except UnplayableError as error:
        if not isinstance(error, GameError):
            raise
        raise UnplayableError(f"{env_id} cannot be made: {error}") from None
    except Exception as error:
        raise UnplayableError(f"{env_id} cannot be made: {one_line(error)}{hint(error)}") from None


def _gymnasium_maker(env_id: str, env_args: Mapping[str, Scalar]) -> Maker:
    module, _, name = env_id.rpartition(":")
    if module:
        _import(module, env_id)
    if name not in gymnasium.registry:
        if _VERSIONED.search(name) is None and (newest := _newest(name)) is not None:
            raise UnplayableError(f"there is no environment {name!r}; did you mean {newest}?")
        raise UnplayableError(f"there is no environment {name!r}{_near_or_unregistered(name, module)}")
    spec = gymnasium.registry[name]
    # Its modules are loaded now, by the machine's own clock: some of C derive from what stands for it later.
    modes = in_one_line(lambda: _render_modes(spec.entry_point), env_id)

    def make() -> Any:
        arguments: dict[str, Any] = {"render_mode": "rgb_array"} if "rgb_array" in modes else {}
        arguments |= env_args
        return gymnasium.make(name, disable_env_checker=True, **arguments)

    return make


def _near_or_unregistered(name: str, module: str) -> str:
    package = module.partition(".")[0]
    its_own = [
        known
        for known, spec in gymnasium.registry.items()
        if package in (known.partition("/")[0], str(spec.entry_point).partition(".")[0].partition(":")[0])
    ]
    if module and not its_own:
        return f": importing {module} registers none; {module}:NAME may be a class or function that makes one"
    return near(name, its_own or list(gymnasium.registry))


def _newest(name: str) -> str | None:
    versions = [known for known in gymnasium.registry if re.fullmatch(re.escape(name) + r"-v\d+", known)]
    return max(versions, key=lambda known: int(known.rpartition("-v")[2]), default=None)


def _render_modes(entry_point: Any) -> list[str]:
    creator = (
        gymnasium.envs.registration.load_env_creator(entry_point)
        if isinstance(entry_point, str)
        else entry_point
    )
    return list((getattr(creator, "metadata", None) or {}).get("render_modes") or ())


def _pettingzoo_maker(path: str, env_args: Mapping[str, Scalar]) -> Maker:
    family, _, name = path.partition("/")
    name = re.sub(r"-v(\d+)$", r"_v\1", name)
    try:
        package = importlib.import_module(f"pettingzoo.{family}")
    except ImportError:
        if importlib.util.find_spec("pettingzoo") is None:
            raise UnplayableError(
                f"{PETTINGZOO}{path} needs PettingZoo: pip install 'netplay[pettingzoo]'"
            ) from None
        families = ["atari", "butterfly", "classic", "mpe", "sisl"]
        raise UnplayableError(f"PettingZoo has no family {family!r}{near(family, families)}") from None
    names = [
        found.name for found in pkgutil.iter_modules(package.__path__) if re.search(r"_v\d+$", found.name)
    ]
    if name not in names:
        raise UnplayableError(f"PettingZoo has no {family}/{name}{near(name, names, family + '/')}")
    module = _import(f"pettingzoo.{family}.{name}", f"{PETTINGZOO}{path}")
    arguments = {**_rom_folder(), **env_args} if family == "atari" else env_args
    return _from_creator(getattr(module, "parallel_env", None) or module.env, arguments)


def _rom_folder() -> dict[str, Scalar]:
    """PettingZoo brings no ROMs; ale-py, if it is there, has them all."""
    package = importlib.util.find_spec("ale_py")
    if package is None or not package.submodule_search_locations:
        return {}
    return {"auto_rom_install_path": str(Path(package.submodule_search_locations[0]) / "roms")}


def _callable_maker(env_id: str, env_args: Mapping[str, Scalar]) -> Maker:
    module_name, _, name = env_id.rpartition(":")
    module = _import(module_name, env_id)
    creator = getattr(module, name, None)
    if not callable(creator):
        callables = [known for known, value in vars(module).items() if callable(value)]
        raise UnplayableError(f"module {module_name} has no callable {name!r}{near(name, callables)}")
    return _from_creator(creator, env_args)


def _from_creator(creator: Callable[..., Any], env_args: Mapping[str, Scalar]) -> Maker:
    """Asks for rgb_array unless the creator refuses the argument or the mode."""

    def make() -> Any:
        if "render_mode" in env_args or not _may_take(creator, "render_mode"):
            return creator(**env_args)
        try:
            return creator(render_mode="rgb_array", **env_args)
        except (TypeError, ValueError, AssertionError):
            return creator(**env_args)

    return make


def _may_take(creator: Callable[..., Any], argument: str) -> bool:
    try:
        parameters = inspect.signature(creator).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(one.name == argument or one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)


def _import(module: str, env_id: str) -> Any:
    try:
        with contained, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError as error:
        advice = hint(error)
        if error.name == module:
            advice += f", or run netplay in the folder where {module}.py is"
        raise UnplayableError(f"{env_id} cannot be imported: {one_line(error)}{advice}") from None
    except Exception as error:
        raise UnplayableError(f"{env_id} cannot be imported: {one_line(error)}") from None


def parse_env_args(texts: Sequence[str]) -> dict[str, Scalar]:
    """`key=value` texts, values read as bool, int or float where they look like one.

    Raises: ConfigError for a text without a key.
    """
    parsed: dict[str, Scalar] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key.isidentifier() or not equals:
            raise ConfigError(f"--env-arg {text!r}: expected KEY=VALUE, as in max_cycles=100")
        parsed[key] = _scalar(value)
    return parsed


def _scalar(text: str) -> Scalar:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

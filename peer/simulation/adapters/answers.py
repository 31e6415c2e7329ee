"""What an environment's calls must return, and the words for what is not that."""

from __future__ import annotations

from typing import Any, Final

from netcode.errors import UnplayableError

_OF_STEP: Final = "observation, reward, terminated, truncated, info"
_OF_RESET: Final = "observation, info"


def step_of(answer: Any) -> Any:
    """What `step` returned, if it is five things.

    Raises: UnplayableError.
    """
    return _parts(answer, 5, "step", _OF_STEP)


def reset_of(answer: Any) -> Any:
    """What `reset` returned, if it is two things.

    Raises: UnplayableError.
    """
    return _parts(answer, 2, "reset", _OF_RESET)


def reward_of(value: Any, agent: Any) -> float:
    """Raises: UnplayableError if it is no number, or one that no float holds."""
    try:
        return float(value)
    except OverflowError:
        raise UnplayableError(
            f"the reward of {agent!s:.40} is a whole number that no float can hold"
        ) from None
    except (TypeError, ValueError):
        told = repr(value) if value is None or isinstance(value, str) else f"a {type(value).__name__}"
        raise UnplayableError(f"the reward of {agent!s:.40} is {told:.60}; expected a number") from None


def _parts(answer: Any, count: int, call: str, names: str) -> Any:
    if type(answer) is tuple and len(answer) == count:
        return answer
    if isinstance(answer, (tuple, list)):
        if len(answer) == count:
            return answer
        older = "; that is gym's old way" if (call, len(answer)) == ("step", 4) else ""
        raise UnplayableError(f"{call} returns {len(answer)} values; expected {count}: {names}{older}")
    raise UnplayableError(f"{call} returns a {type(answer).__name__}; expected {count} values: {names}")

"""What is answered from the match, by module and name. A stand-in asks who calls; others' calls it passes on.

Found by netplay check, but not answered: what C code draws by itself, and what an environment took hold of
before its match (`clock=time.time` as a default argument).
"""

from __future__ import annotations

import random
import time as _time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from datetime import date as real_date
from datetime import datetime as real_datetime
from typing import Any, Final

from peer.simulation.entropy.match_entropy import (
    CLOCKED,
    EPOCH_S,
    SEEDED,
    MatchEntropy,
    asked_by_environment,
    is_looking,
)

Originals = Mapping[str, Any]
StandIns = dict[str, Any]

_gmtime, _strftime, _asctime = _time.gmtime, _time.strftime, _time.asctime
_SEED_BITS: Final = 128


def _clock(source: str, original: Any, read: Callable[[MatchEntropy], Any]) -> Any:
    def stand_in() -> Any:
        entropy = asked_by_environment(source, CLOCKED)
        return original() if entropy is None else read(entropy)

    return stand_in


def _now(entropy: MatchEntropy) -> float:
    return EPOCH_S + entropy.elapsed()


def _nanoseconds(read: Callable[[MatchEntropy], float]) -> Callable[[MatchEntropy], int]:
    return lambda entropy: round(read(entropy) * 1e6) * 1000


def of_time(originals: Originals) -> StandIns:
    made: StandIns = {}
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        read = _now if name == "time" else MatchEntropy.elapsed
        made[name] = _clock(f"time.{name}", originals[name], read)
        made[f"{name}_ns"] = _clock(f"time.{name}_ns", originals[f"{name}_ns"], _nanoseconds(read))
    for name in ("localtime", "gmtime", "ctime"):
        made[name] = _calendar(name, originals[name])
    return made


def _calendar(name: str, original: Any) -> Any:
    """Of a given time as ever; of the present by the match's clock, and where the clock says UTC."""

    def stand_in(seconds: float | None = None) -> Any:
        if seconds is None and (entropy := asked_by_environment(f"time.{name}", CLOCKED)) is not None:
            return _asctime(_gmtime(_now(entropy))) if name == "ctime" else _gmtime(_now(entropy))
        return original(seconds)

    return stand_in


class _StandsFor(type):
    """Its class passes for another one in `isinstance` and `issubclass`, and has its attributes."""

    original: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.original)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.original)


class GameDatetime(real_datetime, metaclass=_StandsFor):
    """`datetime.datetime` whose present is the match's. What it makes are ordinary datetimes."""

    original = real_datetime

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_datetime(*args, **kwargs)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        entropy = asked_by_environment("datetime.datetime.now", CLOCKED)
        return real_datetime.now(tz) if entropy is None else _datetime_at(entropy, tz)

    @classmethod
    def utcnow(cls) -> Any:
        entropy = asked_by_environment("datetime.datetime.utcnow", CLOCKED)
        return real_datetime.now(UTC).replace(tzinfo=None) if entropy is None else _datetime_at(entropy, None)

    @classmethod
    def today(cls) -> Any:
        entropy = asked_by_environment("datetime.datetime.today", CLOCKED)
        return real_datetime.now() if entropy is None else _datetime_at(entropy, None)


def _datetime_at(entropy: MatchEntropy, tz: tzinfo | None) -> real_datetime:
    now = real_datetime.fromtimestamp(_now(entropy), UTC)
    return now.replace(tzinfo=None) if tz is None else now.astimezone(tz)


class GameDate(real_date, metaclass=_StandsFor):
    """`datetime.date` whose today is the match's."""

    original = real_date

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return real_date(*args, **kwargs)

    @classmethod
    def today(cls) -> Any:
        entropy = asked_by_environment("datetime.date.today", CLOCKED)
        return real_date.today() if entropy is None else _datetime_at(entropy, None).date()


def of_datetime(_: Originals) -> StandIns:
    return {"datetime": GameDatetime, "date": GameDate}


def _bytes_of(source: str, original: Any) -> Any:
    def stand_in(size: int) -> bytes:
        entropy = asked_by_environment(source, SEEDED)
        drawn: bytes = original(size) if entropy is None else entropy.draw(size)
        return drawn

    return stand_in


def of_os(originals: Originals) -> StandIns:
    return {"urandom": _bytes_of("os.urandom", originals["urandom"])}


_seed_random = random.Random.seed


def seed_random(self: random.Random, a: Any = None, version: int = 2) -> None:
    """`random.Random.seed`: without a seed, the match's."""
    if a is None and (entropy := asked_by_environment("random.Random", SEEDED)) is not None:
        a = entropy.draw_bits(_SEED_BITS)
    _seed_random(self, a, version)


def of_random(originals: Originals) -> StandIns:
    """`random.seed` was bound to its generator long ago; `_urandom` serves SystemRandom and `secrets`."""
    process_wide = originals["_inst"]

    def seed(a: Any = None, version: int = 2) -> None:
        if a is None and (entropy := asked_by_environment("random.seed", SEEDED)) is not None:
            a = entropy.draw_bits(_SEED_BITS)
        _seed_random(process_wide, a, version)

    return {"seed": seed, "_urandom": _bytes_of("random.SystemRandom", originals["_urandom"])}


def of_uuid(originals: Originals) -> StandIns:
    """`uuid1` is made of the time and the machine; `uuid4` asks `os.urandom`."""
    original = originals["uuid1"]

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        entropy = asked_by_environment("uuid.uuid1", SEEDED)
        if entropy is None:
            made: uuid.UUID = original(node, clock_seq)
            return made
        return uuid.UUID(bytes=entropy.draw(16), version=1)

    return {"uuid1": uuid1}


def of_numpy(originals: Originals) -> StandIns:
    """Whatever numpy seeds by itself (`default_rng()`, `RandomState()`, `np.random.seed()`) asks here."""
    original = originals["randbits"]

    def randbits(bits: int) -> int:
        entropy = asked_by_environment("numpy.random without a seed", SEEDED)
        drawn: int = original(bits) if entropy is None else entropy.draw_bits(bits)
        return drawn

    return {"randbits": randbits}


def of_pygame(originals: Originals) -> StandIns:
    real_clock = originals["Clock"]

    class GameClock(metaclass=_StandsFor):
        """`pygame.time.Clock` by the match's frames; it never sleeps, as frames have their own pace.

        One that is made for drawing only is a real one.
        """

        original = real_clock

        def __new__(cls) -> Any:
            entropy = None if is_looking() else asked_by_environment("pygame.time.Clock", CLOCKED)
            return real_clock() if entropy is None else PacedByFrames()

    return {
        "Clock": GameClock,
        "get_ticks": _clock(
            "pygame.time.get_ticks", originals["get_ticks"], lambda entropy: int(entropy.elapsed() * 1000)
        ),
    }


class PacedByFrames:
    """What an environment gets for a `pygame.time.Clock`: state like all else it holds."""

    def __init__(self) -> None:
        self.last: float | None = None  # seconds, at the newest tick
        self.passed = 0  # milliseconds between the newest two

    def tick(self, framerate: float = 0) -> int:
        entropy = asked_by_environment("pygame.time.Clock.tick", CLOCKED)
        if entropy is not None:
            now = entropy.elapsed()
            self.passed = 0 if self.last is None else int((now - self.last) * 1000 + 0.5)
            self.last = now
        return self.passed

    tick_busy_loop = tick

    def get_time(self) -> int:
        return self.passed

    def get_rawtime(self) -> int:
        return self.passed

    def get_fps(self) -> float:
        return 1000 / self.passed if self.passed else 0.0


# Module -> how its stand-ins are made from what it holds now.
SOURCES: Final[dict[str, Callable[[Originals], StandIns]]] = {
    "time": of_time,
    "datetime": of_datetime,
    "os": of_os,
    "random": of_random,
    "uuid": of_uuid,
    "numpy.random.bit_generator": of_numpy,
    "pygame.time": of_pygame,
}

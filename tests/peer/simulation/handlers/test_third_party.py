"""A handler that somebody else has written, as docs/handlers.md says: the page's own example."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netcode.errors import UncapturableStateError
from netcode.settings import MatchSettings
from peer.simulation.check.certify import certify
from peer.simulation.check.virtual_match import Entry, play_entry
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.fingerprint import fingerprint
from peer.simulation.handlers import registry
from peer.simulation.state.graph import capture, restore

PAGE = Path(__file__).parents[4] / "docs/handlers.md"
(HANDLER,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
(ENTRY_POINT,) = re.findall(r"```toml\n\[project.entry-points.*?\]\n(.*?)```", PAGE.read_text(), re.DOTALL)

# Its state is in memory of C, which can be read and written only as a whole.
LIBRARY = """
import ctypes

class Machine:
    __slots__ = ("_memory",)

    def __init__(self, seed):
        self._memory = (ctypes.c_uint32 * 2)(seed, 0)

    def turn(self, by):
        self._memory[1] += 1
        self._memory[0] = self._memory[0] * 1664525 + by + self._memory[1]
        return self._memory[0] >> 24

    def get_state(self):
        return bytes(self._memory)

    def set_state(self, state):
        ctypes.memmove(self._memory, state, len(state))
"""
GAME = """
from counters import Machine
from planted_games import Walk

class Counters(Walk):
    def reset(self, seed=None, options=None):
        self.machine = Machine(seed or 0)
        return super().reset(seed, options)

    def noise(self):
        return float(self.machine.turn(self.frame) + self.positions["left"] % 7)
"""
SETTINGS = MatchSettings(env="counter_game:Counters", players=2, seed=3)


def forget() -> None:
    registry._entry_points.cache_clear()
    registry._table_of.cache_clear()
    for name in ("counters", "counters_netplay", "more_counters", "counter_game"):
        sys.modules.pop(name, None)


Install = Callable[..., Any]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Make the library, the game, and packages with these handlers importable; returns the library."""

    def made(**handlers: str) -> Any:
        (tmp_path / "counters.py").write_text(LIBRARY)
        (tmp_path / "counter_game.py").write_text(GAME)
        for module, text in handlers.items():
            (tmp_path / f"{module}.py").write_text(text)
            about = tmp_path / f"{module}-1.5.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.5\n")
            points = ENTRY_POINT.replace("counters_netplay", module).replace('"', "")
            (about / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{points}")
        monkeypatch.syspath_prepend(tmp_path)
        forget()
        return __import__("counters")

    yield made
    forget()


def test_a_game_is_certified_and_plays_with_rollback(install: Install) -> None:
    assert len(HANDLER.splitlines()) <= 40
    install(counters_netplay=HANDLER)
    report = certify(SETTINGS, frames=80)
    assert (report.mode, report.ok) == ("rollback", True), report.verdict
    result = play_entry(Entry(SETTINGS.env, 2, "Discrete"), frames=200)
    assert result.faults == []
    assert result.frames == 200
    assert result.rollbacks > 10


def test_without_it_the_game_is_played_in_lockstep(install: Install) -> None:
    install()
    simulation = EnvironmentSimulation(SETTINGS)
    assert not simulation.captures
    assert "machine._memory is a counters.c_uint_Array_2, memory of a C library" in str(
        simulation.lockstep_reason
    )


def test_one_that_forgets_something_is_found_out(install: Install) -> None:
    install(counters_netplay=HANDLER.replace("obj.set_state(saved)", "obj.set_state(saved[:4])"))
    report = certify(SETTINGS, frames=40)
    assert report.mode == "unplayable"
    assert "machine.state" in report.verdict


def test_who_lacks_it_is_told_so_at_the_handshake(install: Install) -> None:
    install(counters_netplay=HANDLER)
    told = fingerprint(SETTINGS.env, {}, EnvironmentSimulation(SETTINGS))
    assert told["version.counters_netplay"] == "1.5"
    assert told["rollback"] == "yes"


def test_what_a_subclass_adds_is_remembered_beside_it(install: Install) -> None:
    library = install(counters_netplay=HANDLER)

    class Named(library.Machine):  # type: ignore[misc, name-defined]
        __slots__ = ("__dict__", "label")

    machine = Named(1)
    machine.label, machine.notes = "a", [1]
    snapshot = capture([machine])
    state = machine.get_state()
    machine.turn(2)
    machine.label = "b"
    machine.notes.append(2)
    restore(snapshot)
    assert (machine.get_state(), machine.label, machine.notes) == (state, "a", [1])


@pytest.mark.parametrize(
    ("handlers", "told"),
    [
        (
            {"counters_netplay": "import no_such_module"},
            "whose handlers, counters_netplay:HANDLERS, cannot be loaded: ModuleNotFoundError: No module",
        ),
        (
            {"counters_netplay": "HANDLERS = {'counters.Machine': 3}"},
            "are no dict of names of types and tuples",
        ),
        (
            {"counters_netplay": HANDLER, "more_counters": HANDLER},
            ":HANDLERS tell of: uninstall one of the two",
        ),
    ],
    ids=["broken", "no table", "two"],
)
def test_what_is_wrong_with_a_table_is_one_line(
    install: Install, handlers: dict[str, str], told: str
) -> None:
    library = install(**handlers)
    with pytest.raises(UncapturableStateError, match=r"the environment is a counters\.Machine, ") as caught:
        capture([library.Machine(1)])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)

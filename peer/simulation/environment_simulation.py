"""Any environment as a `netcode.simulation.Simulation`: inputs in, outcomes out, state kept exactly.

An episode that ends begins anew within the same frame, with the next seed derived from the match seed;
all of it is state, so a rollback may cross an episode's end and take it back.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

import gymnasium
import numpy as np

from netcode.errors import GameError, LocalProtocolError, UncapturableStateError, UnplayableError
from netcode.settings import MatchSettings
from netcode.simulation import readable_state
from peer.simulation.adapters.adapter import FOR_EVER, Adapter, Progress
from peer.simulation.adapters.adapting import adapt, all_at_once, wrong_players
from peer.simulation.adapters.parallel import BlindParallelAdapter
from peer.simulation.adapters.shared_gym import parts_of, players_of
from peer.simulation.contained import contained
from peer.simulation.entropy import process_rng
from peer.simulation.entropy.match_entropy import LOOK, EntropyUse, MatchEntropy
from peer.simulation.entropy.process_rng import GameRngs, ProcessRngState
from peer.simulation.entropy.scope import EntropyScope
from peer.simulation.environment_facts import rate_of
from peer.simulation.environments import RACE, find_maker, in_one_line, make_environment
from peer.simulation.observation import Blindfold
from peer.simulation.packages import IN_A_SERVER, NOT_ITS_OWN, SERVERS, packages_of
from peer.simulation.picture import Picture, as_picture, picture_of_observations
from peer.simulation.quoting import one_line
from peer.simulation.state.diff import FlatState, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.game_globals import GameGlobals
from peer.simulation.state.graph import StateSnapshot, capture, read_what_can_be
from peer.simulation.state.watch import Watch

_T = TypeVar("_T")

_cannot_draw: dict[str, str] = {}  # environment -> why


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one frame brought, by slot. End flags stay up until the episode is over."""

    rewards: tuple[float, ...]
    terminations: tuple[bool, ...]
    truncations: tuple[bool, ...]
    episode: int  # the one the frame belonged to
    episode_ended: bool
    between: bool = False  # the episode is over, and the picture stands still: no part of its record


@dataclass(slots=True)  # frozen would take a microsecond more, each frame
class SimulationSnapshot:
    """State graph and process-wide RNGs before a frame; in lockstep only what a digest needs."""

    graph: StateSnapshot
    rngs: ProcessRngState


@dataclass(frozen=True, slots=True)
class Unremembered:
    """Stands for a state that holds what cannot be put back."""

    digest: bytes  # of all else
    why: str


class EnvironmentSimulation:
    """One match's game. Not thread-safe; the environment must not be touched from outside."""

    def __init__(
        self, settings: MatchSettings, observation_free: bool = False, fresh_episodes: bool = True
    ) -> None:
        """Makes the environment and begins episode 0.

        observation_free: do not compute observations while stepping; ask trial.py whether that is safe.
        fresh_episodes: make a new environment for each episode, as `reset` of a used one may not be a fresh
        start. Else the one at hand is put back to how it was when new, which is faster; trial.py again.

        Raises: UnplayableError if the environment cannot be made, or not for that many players.
        """
        self.settings = settings
        self._maker = find_maker(settings.env, settings.env_args)
        self._fresh_episodes = fresh_episodes
        self._blindfold = Blindfold() if observation_free else None
        self._progress = Progress()
        self.lockstep_reason: str | None = None
        self.step_s = self.digest_s = 0.0  # seconds that a step, a digest takes at least, if that was tried
        self._rngs = GameRngs()
        self._globals = GameGlobals()
        self._watch = Watch()
        self._watch_of_new = Watch()  # the environment as it was when made
        self._entropy = EntropyScope(MatchEntropy(settings.seed))
        self._has_drawn = False
        self._adapter = self._make_first_adapter()
        self.fps = self._entropy.entropy.fps = self._find_fps()
        with self._inside():
            self.slots = len(self._adapter.agents)
            self._outcome = struct.Struct(f"<QB{self.slots}d{self.slots}B{self.slots}B")
            self._new = self._try_capture((self._adapter.base, self._adapter.env, self._globals.root))
            if not isinstance(self._adapter, BlindParallelAdapter):
                self._blindfold = None
            self._begin_first_episode()
        self.agents = tuple(str(agent) for agent in self._adapter.agents)
        self.codecs = self._adapter.codecs
        self.input_sizes = tuple(codec.size for codec in self.codecs)
        self.default_inputs = tuple(self._adapter.defaults())
        # Who has masks has them from the first observation on: the others need not be looked at each frame.
        self._has_masks = any(self._look_for_mask(slot) is not None for slot in range(self.slots))

    # --- the Simulation protocol ---

    def step(self, inputs: Sequence[bytes]) -> bytes:
        """Play one frame; `inputs` are valid ones. Returns the packed Outcome.

        Raises: GameError if the environment fails, naming the place. `restore` puts the state back.
        """
        try:
            return self._step(inputs)
        except Exception as error:  # somebody else's code
            raise self._failed("was played", error) from error

    def _failed(self, when: str, error: Exception) -> GameError:
        if isinstance(error, UnplayableError) and not isinstance(error, GameError):
            return GameError(f"{self.settings.env}: {error}")
        return GameError(f"{self.settings.env} failed while it {when}: {one_line(error)}")

    def _step(self, inputs: Sequence[bytes]) -> bytes:
        progress = self._progress
        progress.begin_frame()
        self._entropy.entropy.at("step", progress.episode, progress.episode_frame + 1)
        with self._inside():
            over = not progress.between and self._play(inputs)
            flags = over | (bool(progress.between) << 1)
            outcome = self._outcome.pack(
                progress.episode, flags, *progress.rewards, *progress.terminations, *progress.truncations
            )
            if progress.between:
                self._wait_for_next_episode()
            elif over:
                self._end_episode()
        return outcome

    def _play(self, inputs: Sequence[bytes]) -> bool:
        """One frame of the episode: one step, or `frame_skip` of them with the same inputs."""
        adapter, progress = self._adapter, self._progress
        over = adapter.step(inputs, progress)
        for _ in range(1, self.settings.frame_skip if adapter.may_skip else 1):
            over = over or adapter.step(inputs, progress)
        progress.end_frame()
        return over

    def _end_episode(self) -> None:
        """The next begins at once, after the intermission, or never."""
        progress, settings = self._progress, self.settings
        if settings.episodes and progress.episode + 1 >= settings.episodes:
            progress.between = FOR_EVER
        elif settings.intermission:
            progress.between = settings.intermission
        else:
            self._begin_episode(progress.episode + 1)

    def _wait_for_next_episode(self) -> None:
        progress = self._progress
        if progress.between != FOR_EVER:
            progress.between -= 1
            if not progress.between:
                self._begin_episode(progress.episode + 1)

    def capture(self) -> SimulationSnapshot:
        """Remember everything.

        Raises: UncapturableStateError if an object has come up that cannot be remembered.
        """
        roots = self._roots()
        try:
            graph = self._watch.capture(roots)
        except UncapturableStateError as error:
            digest = self._digest(read_what_can_be(roots), self._rngs.state)
            raise UncapturableStateError(str(error), Unremembered(digest, str(error))) from None
        return SimulationSnapshot(graph, self._rngs.state)

    def restore(self, snapshot: SimulationSnapshot) -> None:
        if not self.captures:
            raise LocalProtocolError(f"no rollback in lockstep: {self.lockstep_reason}")
        self._globals.claim()
        self._watch.restore(snapshot.graph)
        self._adapter.env = snapshot.graph.roots[1]
        self._rngs.restore(snapshot.rngs)

    def digest(self, snapshot: SimulationSnapshot | Unremembered | None = None) -> bytes:
        snapshot = readable_state(self) if snapshot is None else snapshot
        if isinstance(snapshot, Unremembered):
            return snapshot.digest
        return self._digest(snapshot.graph, snapshot.rngs)

    def _digest(self, graph: StateSnapshot, rngs: ProcessRngState) -> bytes:
        roots = graph.roots if not self.captures else graph.roots[:-1]  # what was seen follows from the rest
        return digest_snapshot(graph, roots, process_rng.process_rng_parts(rngs))

    def flatten(self, snapshot: SimulationSnapshot | Unremembered | None = None) -> FlatState:
        """Every field of the state by its path, for naming what differs (state_diff.differences)."""
        snapshot = readable_state(self) if snapshot is None else snapshot
        if isinstance(snapshot, Unremembered):
            return {"the digest": snapshot.digest, "unremembered": snapshot.why}
        names = ("", "env", "match", "globals") if self.captures else ("match", "observations")
        roots: list[tuple[str, Any]] = list(zip(names, snapshot.graph.roots, strict=False))
        return flatten(snapshot.graph, roots + process_rng.process_rng_parts(snapshot.rngs))

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return 0 <= slot < self.slots and self.codecs[slot].is_valid(data)

    # --- for players, screens and records ---

    @property
    def captures(self) -> bool:
        """Whether snapshots work; if not, only lockstep (window 0) is possible."""
        return self.lockstep_reason is None

    @property
    def left_out(self) -> dict[str, str]:
        """Globals that are no part of snapshots: name -> why."""
        return {} if self._globals.root is None else self._globals.root.left_out

    @property
    def cannot_draw(self) -> str:
        """Why the environment's own picture is not to be had in this process; "" if it is."""
        return _cannot_draw.get(self.settings.env, "")

    @property
    def observation_free(self) -> bool:
        """Whether stepping computes no observations."""
        return self._blindfold is not None

    @property
    def reuses_environment(self) -> bool:
        """Whether episodes begin with the same environment object put back to new."""
        return not self._fresh_episodes and self._new is not None

    @property
    def env(self) -> Any:
        """The environment itself (of a race, one a slot): to be asked about, not to be touched."""
        return self._adapter.env

    @property
    def episode(self) -> int:
        return self._progress.episode

    @property
    def is_over(self) -> bool:
        """Whether all episodes of the match have been played: from here on nothing moves."""
        return self._progress.between == FOR_EVER

    @property
    def episode_frame(self) -> int:
        """Frames played in this episode."""
        return self._progress.episode_frame

    @property
    def rngs(self) -> GameRngs:
        """The game's place in the process-wide RNGs."""
        return self._rngs

    @property
    def entropy(self) -> list[EntropyUse]:
        """Where the environment has asked for luck or the time so far, and got the match's own instead."""
        return list(self._entropy.entropy.uses)

    @property
    def entropy_places(self) -> int:
        """How many such places are known."""
        return len(self._entropy.entropy.uses)

    @property
    def scores(self) -> tuple[float, ...]:
        """Sum of rewards in this episode, by slot."""
        return tuple(self._progress.scores)

    def observe(self, slot: int) -> Any:
        """The slot's present observation, a copy; None once it is out. Never changes the state."""
        return self._look(lambda: self._adapter.observe(slot))

    def action_mask(self, slot: int) -> np.ndarray[Any, Any] | None:
        """Which actions of a Discrete space are legal now (1) or not (0), where the environment says so."""
        mask = self._look_for_mask(slot) if self._has_masks else None
        return None if isinstance(mask, (tuple, dict)) else mask

    @property
    def takes_turns(self) -> bool:
        """Does only one slot act at a time?"""
        return self._adapter.takes_turns

    @property
    def slot_to_act(self) -> int | None:
        """Whose turn it is, where turns are taken; None between episodes."""
        return self._look(lambda: self._adapter.slot_to_act) if self._adapter.takes_turns else None

    def _look_for_mask(self, slot: int) -> Any:
        mask = self._look(lambda: self._adapter.action_mask(slot))
        return np.asarray(mask) if isinstance(mask, list) else mask

    def render(self) -> Picture:
        """The present as HxWx3 uint8. Never changes the state."""
        return self._look(self._draw)

    def ask(self, question: Callable[[Any], _T]) -> _T:
        """What `question` finds in the environment (of a race: all), which may be a property that remembers.

        Never changes the state, as far as it can be remembered.
        """
        return self._look(lambda: question(self._adapter.env))

    def look_for_good(self, slot: int | None) -> None:
        """Let a slot observe, or (None) draw, and leave what that changes: for trying an environment out."""
        self._entropy.entropy.at(LOOK, self._progress.episode, self._progress.episode_frame)
        with self._inside(), self._eyes_open():
            if slot is None:
                self._drawn_by_environment()
            else:
                self._adapter.observe(slot)

    def _draw(self) -> Picture:
        drawn = self._drawn_by_environment()
        if drawn is not None:
            return drawn
        return picture_of_observations([self._adapter.observe(slot) for slot in range(self.slots)])

    def _drawn_by_environment(self) -> Picture | None:
        """A machine without a screen or OpenGL plays all the same. Asked twice, some abort the process.

        What fails later, after it has drawn once, is no fault of the machine's.
        """
        if self.cannot_draw:
            return None
        try:
            drawn = as_picture(self._adapter.render())
        except Exception as error:  # somebody else's code
            if self._has_drawn:
                raise
            _cannot_draw[self.settings.env] = one_line(error)
            return None
        self._has_drawn = True
        return drawn

    def decode_outcome(self, data: bytes) -> Outcome:
        episode, flags, *rest = self._outcome.unpack(data)
        n = self.slots
        return Outcome(
            rewards=tuple(rest[:n]),
            terminations=tuple(map(bool, rest[n : 2 * n])),
            truncations=tuple(map(bool, rest[2 * n :])),
            episode=episode,
            episode_ended=bool(flags & 1),
            between=bool(flags & 2),
        )

    def is_last(self, outcome: bytes) -> bool:
        """Was it the end of the last episode of the match?"""
        told = self.decode_outcome(outcome)
        return told.episode_ended and told.episode + 1 == self.settings.episodes

    def episode_of(self, outcome: bytes) -> int:
        """The number of the episode that the frame belonged to, the pause after its end included."""
        return int.from_bytes(outcome[:8], "little")

    def layers(self) -> list[Any]:
        """The environment, its wrappers' insides, down to the base."""
        return self._layers_of(self._adapter.env)

    @staticmethod
    def _layers_of(made: Any) -> list[Any]:
        found = [made[0] if isinstance(made, tuple) else made]
        while (inner := vars(found[-1]).get("env", vars(found[-1]).get("aec_env"))) is not None:
            if not hasattr(inner, "__dict__") or inner in found:
                break
            found.append(inner)
        return found

    def close(self) -> None:
        """What fails here spoils no match: it is over."""
        with suppress(Exception), self._inside():
            self._adapter.close()

    def begin_next_episode(self) -> None:
        """Cut the present episode short. Only for trying an environment out: a match never does it."""
        self.begin_episode(self.episode + 1)

    def begin_episode(self, episode: int) -> None:
        """Go to the beginning of any episode: it depends on the settings and its number alone.

        So a late joiner need not replay the episodes that are over.

        Raises: GameError if the environment fails.
        """
        try:
            with self._inside():
                self._begin_episode(episode)
        except Exception as error:  # somebody else's code
            raise self._failed("began an episode", error) from error

    # --- inside ---

    def _roots(self) -> tuple[Any, ...]:
        adapter = self._adapter
        if not self.captures:
            return (self._progress, adapter.seen)
        self._globals.claim()
        return (adapter.base, adapter.env, self._progress, self._globals.root, adapter.seen)

    def _try_capture(self, roots: tuple[Any, ...]) -> StateSnapshot | None:
        if not self.captures:
            return None
        try:
            return capture(roots) if self._fresh_episodes else self._watch_of_new.capture(roots)
        except UncapturableStateError as error:
            self._play_in_lockstep(str(error))
            return None

    def _play_in_lockstep(self, reason: str) -> None:
        """No snapshot may keep anything alive longer than the game would."""
        self.lockstep_reason, self._new = reason, None
        self._watch, self._watch_of_new = Watch(), Watch()

    def _begin_first_episode(self) -> None:
        try:
            self._begin_episode(0, in_new_env=True)
            if self.captures:
                self._watch.capture(self._roots())
        except UncapturableStateError as error:
            self._play_in_lockstep(str(error))
        except Exception as error:  # somebody else's code
            raise UnplayableError(f"{self.settings.env} cannot be reset: {one_line(error)}") from error

    def _begin_episode(self, episode: int, in_new_env: bool = False) -> None:
        settings, adapter = self.settings, self._adapter
        if not in_new_env and (self._fresh_episodes or self._new is None):
            adapter.env = self._make_env()
        elif not in_new_env and self._new is not None:
            self._watch_of_new.restore(self._new)
        self._entropy.entropy.at("reset", episode)
        seed = derive_seed(settings.seed, episode)
        process_rng.seed_process_rngs(seed, self._rngs.torch)
        self._progress.begin(len(adapter.agents), episode)
        adapter.reset(seed & 0x7FFFFFFF)  # many environments want 31 bits
        if self._blindfold is not None:
            self._blindfold.put_on(adapter.base)

    def _make_first_adapter(self) -> Adapter:
        settings = self.settings
        known = self._globals.are_known(settings.env, settings.env_args)
        with self._inside():
            adapter = in_one_line(self._make_adapter, settings.env)
        packages = packages_of(self._layers_of(adapter.env))
        again = self._entropy.belongs_to(packages - NOT_ITS_OWN)  # it may have taken clocks by name already
        if not known:
            again |= self._globals.belong_to(adapter.base, settings.env, settings.env_args)
        if servers := sorted(packages & SERVERS):
            self.lockstep_reason = f"the state cannot be remembered: {servers[0]} keeps it in {IN_A_SERVER}"
        elif self._globals.root is not None and self._globals.root.refused:
            self.lockstep_reason = self._globals.root.refused
        if "torch" in packages:
            self._rngs.watch_torch()
            again = True  # its generator was not seeded
        if again:  # its modules were loaded only now
            with self._inside():
                adapter = in_one_line(self._make_adapter, settings.env)
        return adapter

    def _make_env(self) -> Any:
        self._globals.begin()
        process_rng.seed_process_rngs(self.settings.seed, self._rngs.torch)
        self._entropy.entropy.at("make")
        env, players = self.settings.env, self.settings.players
        first = make_environment(self._maker, env)
        if not isinstance(first, gymnasium.Env):
            if env.startswith(RACE):
                raise UnplayableError(
                    f"{env}: only Gymnasium environments race; play {env.removeprefix(RACE)}"
                )
            return all_at_once(first)
        if env.startswith(RACE):
            return (first, *(make_environment(self._maker, env) for _ in range(1, players)))
        shared = players_of(first) > 1 or players == len(parts_of(first.action_space))
        return first if shared and players > 1 else (first,)

    def _make_adapter(self) -> Adapter:
        env = self._make_env()
        adapter = adapt(env, self.settings.env, self._blindfold is not None)
        count, players = len(adapter.agents), self.settings.players
        if count != players:
            raise UnplayableError(wrong_players(self.settings, count, env))
        return adapter

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """The environment's code runs in here: contained, with its own luck and clock, warnings unheard."""
        self._globals.claim()
        with contained, self._rngs, self._entropy, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield

    def _look(self, at: Callable[[], _T]) -> _T:
        """Look at the environment, and undo what that changed: other peers look elsewhere, or never.

        Raises: GameError if the environment fails.
        """
        before = self._remembered()
        rngs = self._rngs.state
        self._entropy.entropy.at(LOOK, self._progress.episode, self._progress.episode_frame)
        try:
            with self._inside(), self._eyes_open(), self._globals.with_memos():
                return _detached(at())
        except Exception as error:  # somebody else's code
            raise self._failed("was looked at", error) from error
        finally:
            if before is not None:
                self._globals.claim()
                self._watch.restore(before, keep_presentation=True)
                self._rngs.restore(rngs)

    def _remembered(self) -> StateSnapshot | None:
        """The present, if it can be put back."""
        try:
            return self._watch.capture(self._roots()) if self.captures else None
        except UncapturableStateError:
            return None

    def _eyes_open(self) -> Any:
        return nullcontext() if self._blindfold is None else self._blindfold.lifted(self._adapter.base)

    def _find_fps(self) -> float:
        fps = rate_of(self._adapter.base, self.settings.env) or 60.0
        return fps / (self.settings.frame_skip if self._adapter.may_skip else 1)


def _detached(seen: _T) -> _T:
    """A copy that shares no array with the environment, which may fill its own anew."""
    value: Any = seen
    if isinstance(value, np.ndarray):
        value = value.copy()
    elif isinstance(value, dict):
        value = {key: _detached(item) for key, item in value.items()}
    elif type(value) in (tuple, list):
        value = type(value)(_detached(item) for item in value)
    return value  # type: ignore[no-any-return]


def derive_seed(seed: int, episode: int) -> int:
    """The 64-bit seed of an episode."""
    data = seed.to_bytes(8, "little") + episode.to_bytes(8, "little")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")

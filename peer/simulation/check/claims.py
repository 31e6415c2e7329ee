"""What is claimed of an environment: one method a claim, which tries it against the plain run.

Where it does not hold, the field that differs is named, and the line of code if it can be found.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Final

from netcode.errors import NetplayError, UncapturableStateError
from netcode.settings import MatchSettings
from netcode.sync_test import SyncFault, SyncTestSession
from peer.hash_seed import PINNED, is_pinned
from peer.simulation.adapters.spaces import ActionCodec
from peer.simulation.check import elsewhere, scenarios
from peer.simulation.check.certificate import Check
from peer.simulation.check.culprit import Culprit
from peer.simulation.check.plain_run import DIGEST_EVERY, Notify, PlainRun
from peer.simulation.check.play_again import played_to
from peer.simulation.entropy.match_entropy import EntropyUse
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.make import make_simulation
from peer.simulation.quoting import one_line
from peer.simulation.state.diff import differences
from peer.simulation.trial import first_difference, same_observation

DEPTHS: Final = (1, 2, 3, 5, 8, 13, 21)  # frames rolled back
_LOOK_EVERY: Final = 25
_FOREIGN_INPUTS: Final = 200  # tried for each slot
_SAME_HASHES: Final = 3  # other processes: two may order a small set alike by luck
STEPPED: Final = "stepped as in a match"
ROLLED_BACK: Final = "wrong predictions taken back exactly"
DRAWING: Final = "drawing by itself changes nothing"
OF_ROLLBACK: Final = (STEPPED, ROLLED_BACK)  # claims that lockstep can do without
HASHED: Final = "the same on every peer, as netplay sets PYTHONHASHSEED=0 for itself"


class Claims:
    """Tried one after the other; see certify.py for the order."""

    def __init__(
        self,
        settings: MatchSettings,
        run: PlainRun,
        plain: EnvironmentSimulation,
        notify: Notify,
        frames: int = 0,
        deadline: float = float("inf"),
    ) -> None:
        """plain: the simulation that has played `run`, at its end.

        deadline: no rollbacks after it, which take the longest (time.monotonic); but for the first `frames`.
        """
        self.entropy: list[EntropyUse] = []  # what trying has brought to light
        self.guessed = 0  # frames that were taken back
        self.ends_guessing = ""  # why no more were
        self._settings, self._run, self._plain, self._notify = settings, run, plain, notify
        self._frames, self._deadline = frames, deadline

    @cached_property
    def match(self) -> EnvironmentSimulation:
        """The game as a match plays it."""
        return make_simulation(self._settings)

    def same_seed_twice(self) -> Check:
        claim = "same seed, same game"
        found = self._follow(claim, self._new())
        return self._blamed(claim, found, lambda: scenarios.parted_in_process(self._new, self._run.inputs))

    def same_seed_elsewhere(self) -> Check:
        """Other processes have other addresses, one other hashes, too: sets and id() give themselves away."""
        claim = "same seed, same game in another process"
        self._notify("playing in other processes", 0.5)
        hash_seeds = [PINNED] * _SAME_HASHES + [elsewhere.other_hash_seed()]
        try:
            answers = elsewhere.play_elsewhere(self._settings, self._run.inputs, hash_seeds)
        except NetplayError as error:
            return Check(claim, False, str(error))
        differing = ((one, found) for one in answers if (found := self._differs_elsewhere(one)) is not None)
        there, found = next(differing, (None, ""))
        if there is None:
            return Check(claim, True)
        culprit = self._found(partial(scenarios.parted_elsewhere, self._settings, self._run.inputs, there))
        if not self._by_hash_alone(answers[:_SAME_HASHES]):
            return Check(claim, False, found, culprit)
        if culprit is not None:
            self.entropy.append(EntropyUse("the hash of text", culprit.file, culprit.line, HASHED))
        return Check(claim, True, f"by the hash of text, {HASHED}", culprit)

    def _by_hash_alone(self, pinned: list[elsewhere.Answer]) -> bool:
        """Addresses differ even where the hashes of text do not."""
        if is_pinned() and any(map(self._differs_elsewhere, pinned)):
            return False
        played = [(one.outcomes, one.digests) for one in pinned]  # digests know no order of sets
        return all(one == played[0] for one in played)

    def _differs_elsewhere(self, there: elsewhere.Answer) -> str | None:
        run = self._run
        if there.outcomes == run.outcomes and there.digests[-1] == run.digests[len(run.outcomes)]:
            return None
        if found := differences(self._plain.flatten(), there.state, 1):
            return found[0]
        for frame, (ours, theirs) in enumerate(zip(run.outcomes, there.outcomes, strict=True)):
            if ours != theirs:
                return f"rewards or ends of frame {frame}"
        return "the digest"

    def no_snapshots(self, reason: str) -> Check:
        """Not a fault, but worth a line: where what cannot be remembered comes from."""
        kind = re.search(r" is an? ([\w.]+)", reason)
        if kind is None:
            return Check("snapshots", None, reason)
        find = partial(scenarios.origin_of, self._new, kind[1])
        return Check("snapshots", None, reason, self._found(find))

    def shortcuts(self) -> Check:
        """Stepping as in a match: without observations, with the environment put back to new."""
        match = self.match
        used = [name for name, on in (("without observations", match.observation_free),) if on]
        used += ["environment reused"] if match.reuses_environment else []
        start = match.capture()
        found = self._follow(STEPPED, match)
        match.restore(start)
        return Check(STEPPED, found is None, found or ", ".join(used) or "plainly")

    def rollbacks(self) -> list[Check]:
        """After each frame play on with wrong inputs, take that and some frames more back, play the truth.

        Where something comes up that cannot be remembered, guessing ends: the rest is played as it comes.
        """
        run, match = self._run, self.match
        rng = random.Random(self._settings.seed + 1)
        session = SyncTestSession(match, depths=DEPTHS, names=False)
        crossed = 0
        for frame, inputs in enumerate(run.inputs):
            if frame >= self._frames and time.monotonic() > self._deadline:
                break
            astray = _Astray(match, rng, DEPTHS[frame % len(DEPTHS)])
            try:
                outcome = session.advance(inputs, astray)
            except UncapturableStateError as error:
                self.ends_guessing = str(error)
                break
            if failed := self._left_the_truth(session, frame, outcome):
                return [failed]
            self.guessed = frame + 1
            crossed += astray.ended or any(frame - session.depth < end <= frame for end in run.ends)
            if frame % DIGEST_EVERY == 0:
                self._notify(ROLLED_BACK, frame / len(run.inputs))
        if self.ends_guessing and (failed := self._play_the_rest()):
            return [failed]
        result = session.result
        detail = f"{result.rollbacks} times, up to {max(result.depths, default=0)} frames deep"
        if self.ends_guessing:
            detail += f"; from frame {self.guessed} on nothing is guessed: {self.ends_guessing}"
        return [Check(ROLLED_BACK, True, detail, self._origin()), _across_ends(crossed, len(run.inputs))]

    def _left_the_truth(self, session: SyncTestSession, frame: int, outcome: bytes) -> Check | None:
        run, match = self._run, self.match
        if (fault := session.result.fault) is not None:
            fault = self._named(frame) or fault
            find = partial(scenarios.parted_by_fault, self._match, run.inputs, fault)
            return self._blamed(ROLLED_BACK, str(fault), find)
        expected = run.digests.get(frame + 1)
        if outcome != run.outcomes[frame]:
            found = f"rewards or ends differ (frame {frame}, with rollbacks before it)"
        elif expected is not None and match.digest() != expected:
            found = f"{self._name_difference(match, frame)}, with rollbacks before it"
        else:
            return None
        first = max(frame - max(DEPTHS), 0)
        find_line = partial(scenarios.parted_by_rollback, self._match, run.inputs, first, frame)
        return self._blamed(ROLLED_BACK, found, find_line)

    def _named(self, last: int) -> SyncFault | None:
        """The same again up to frame `last`, with every field looked at."""
        match, rng = self._match(), random.Random(self._settings.seed + 1)
        session = SyncTestSession(match, depths=DEPTHS)
        for frame, inputs in enumerate(self._run.inputs[: last + 1]):
            session.advance(inputs, _Astray(match, rng, DEPTHS[frame % len(DEPTHS)]))
            if session.result.fault is not None:
                break
            self._notify("looking for the field that differs", frame / (last + 1))
        return session.result.fault

    def _play_the_rest(self) -> Check | None:
        """From where guessing ended. Returns what went wrong."""
        run, match = self._run, self.match
        for frame in range(self.guessed, len(run.inputs)):
            expected, outcome = run.digests.get(frame + 1), match.step(run.inputs[frame])
            if outcome != run.outcomes[frame] or expected not in (None, match.digest()):
                return Check(ROLLED_BACK, False, self._name_difference(match, frame))
        return None

    def _origin(self) -> Culprit | None:
        """The line that puts into the environment what cannot be remembered."""
        kind = re.search(r" is an? ([\w.]+)", self.ends_guessing)
        if kind is None:
            return None
        return self._found(
            partial(scenarios.origin_in_frame, self._new, self._run.inputs, self.guessed, kind[1])
        )

    def looking(self) -> list[Check]:
        """Drawing and observing on one peer only must not move its game away from the others'."""
        claim, inputs = "drawing and observing change nothing", self._run.inputs
        if found := self._look_around(claim):
            blame = partial(scenarios.parted_by_looking, self._match, inputs, _look)
            return [self._blamed(claim, found, blame)]
        if self._plain.cannot_draw:
            why = f"{self._plain.cannot_draw}: its observations are drawn instead"
            return [Check(claim, True), Check(DRAWING, None, why)]
        frame = min(_LOOK_EVERY, len(inputs) - 1)
        written = scenarios.written_by_looking(self._match, inputs, frame) if self._plain.captures else None
        if written is None:
            return [Check(claim, True)]
        field, writer = written
        undone = Check(DRAWING, None, f"{field}: taken back after each", writer)
        return [Check(claim, True), undone]

    def _look_around(self, claim: str) -> str | None:
        seen, run = self._match(), self._run
        for frame, inputs in enumerate(run.inputs):
            if frame % _LOOK_EVERY == 0:
                before = seen.flatten()
                seen.render()
                for slot in range(seen.slots):
                    if not same_observation(seen.observe(slot), seen.observe(slot)):
                        return f"{seen.agents[slot]} observes two things at once (frame {frame})"
                if changed := differences(before, seen.flatten(), 1):
                    return f"{changed[0]} (frame {frame})"
                self._notify(claim, frame / len(run.inputs))
            if seen.step(inputs) != run.outcomes[frame]:
                return f"rewards or ends differ after looking (frame {frame})"
        return None if seen.digest() == run.digests[len(run.inputs)] else "the state differs after looking"

    def foreign_actions(self) -> Check:
        """What comes from the network is an action of the space, or is not played."""
        claim = "foreign actions rejected"
        rng = random.Random(self._settings.seed)
        plain, tried = self._plain, 0
        before = plain.digest()
        for slot, codec in enumerate(plain.codecs):
            for data in _foreign(codec, rng):
                tried += 1
                if plain.is_valid_input(slot, data) != _is_action(codec, data):
                    verb = "taken for" if plain.is_valid_input(slot, data) else "not taken for"
                    detail = f"{data.hex() or 'nothing'} is {verb} an action of slot {slot}"
                    return Check(claim, False, detail)
            if not all(plain.is_valid_input(slot, codec.sample(rng)) for _ in range(20)):
                return Check(claim, False, f"an action of slot {slot} is rejected")
        if plain.digest() != before:
            return Check(claim, False, "looking at actions changes the state")
        return Check(claim, True, f"{tried} tried")

    # --- inside ---

    def _new(self) -> EnvironmentSimulation:
        return EnvironmentSimulation(self._settings)

    def _match(self) -> EnvironmentSimulation:
        """Another one, without trying out again what is safe."""
        match = self.match
        return EnvironmentSimulation(
            self._settings, match.observation_free, fresh_episodes=not match.reuses_environment
        )

    def _blamed(self, claim: str, found: str | None, find: Callable[[], Culprit | None]) -> Check:
        if found is None:
            return Check(claim, True)
        return Check(claim, False, found, self._found(find))

    def _found(self, find: Callable[[], Culprit | None]) -> Culprit | None:
        """The verdict stands without a culprit, too, and code that is traced may break down in new ways."""
        self._notify("looking for the line that is to blame", 0.5)
        try:
            return find()
        except Exception as error:
            self._notify(f"no line found: {one_line(error)}", 0.5)
            return None

    def _follow(self, claim: str, other: EnvironmentSimulation) -> str | None:
        """Play the same inputs on `other`. Returns the field in which it leaves the truth, or None."""
        run = self._run
        for frame, inputs in enumerate(run.inputs):
            outcome = other.step(inputs)
            expected = run.digests.get(frame + 1)
            if outcome != run.outcomes[frame] or (expected is not None and other.digest() != expected):
                if frame + 1 == len(run.inputs) and (found := first_difference(self._plain, other)):
                    return f"{found} (frame {frame})"
                return self._name_difference(other, frame)
            if expected is not None:
                self._notify(claim, frame / len(run.inputs))
        return first_difference(self._plain, other)

    def _name_difference(self, other: EnvironmentSimulation, frame: int) -> str:
        """`other` has just left the truth at `frame`: play a plain one to there and compare the fields."""
        fresh = played_to(self._new, self._run.inputs, frame + 1)
        found = differences(fresh.flatten(), other.flatten(), 1)
        return f"{found[0] if found else 'rewards or ends differ, no field does'} (frame {frame})"


class _Astray:
    """Frames of wrong inputs, as many as asked for. Knows afterwards whether they ended an episode."""

    def __init__(self, match: EnvironmentSimulation, rng: random.Random, frames: int) -> None:
        self._match, self._rng, self._frames = match, rng, frames
        self.ended = False

    def __iter__(self) -> Iterator[list[bytes]]:
        episode = self._match.episode
        for _ in range(self._frames):
            yield [codec.sample(self._rng) for codec in self._match.codecs]
        self.ended = self._match.episode != episode


def _across_ends(crossed: int, frames: int) -> Check:
    claim = "an episode's end taken back"
    if crossed:
        return Check(claim, True, f"{crossed} times")
    return Check(claim, None, f"no episode ended in {frames} frames: try more --frames")


def _look(game: EnvironmentSimulation) -> None:
    game.render()
    for slot in range(game.slots):
        game.observe(slot)


def _foreign(codec: ActionCodec, rng: random.Random) -> Iterator[bytes]:
    yield b""
    yield bytes(codec.size + 1)
    yield b"\xff" * codec.size
    if codec.size:
        yield codec.sample(rng)[:-1]
    for _ in range(_FOREIGN_INPUTS):
        yield rng.randbytes(codec.size)


def _is_action(codec: ActionCodec, data: bytes) -> bool:
    """Does it mean an action, and would that action be sent in these bytes?"""
    try:
        return len(data) == codec.size and codec.encode(codec.decode(data)) == data
    except Exception:  # numpy has many ways to say no
        return False

"""The swarm is judged: each planted fault must be found within a few seeds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import netcode.desync.watch
from broker.witness import Witness
from netcode.admissions import Admissions
from netcode.clock import TICKS
from netcode.common_pace import CommonPace
from netcode.confirmed_frame import ConfirmedFrame
from netcode.confirming import Confirming
from netcode.drops import DropAgreement
from netcode.errors import GameError
from netcode.link import Link
from netcode.link_watch import LinkWatch
from netcode.own_inputs import OwnInputs
from netcode.phases import CONNECTING
from netcode.remote_inputs import RemoteInputs
from netcode.rollback import Rollback
from netcode.session import PlayerSession
from netcode.simulation import Simulation
from netcode.simulator.draw import draw_scenario
from netcode.simulator.game import MixingGame
from netcode.simulator.swarm import judge
from netcode.snapshots import SnapshotRing
from netcode.spectator import SpectatorSession
from netcode.substitutes import Substitutes
from netcode.survivors import Survivors
from netcode.ties import TieBreak
from netcode.ties import Verdict as TieVerdict
from netcode.timeline import Timeline

SEEDS = 20  # a planted fault is looked for in so many

Patch = Callable[[pytest.MonkeyPatch], Any]
# name -> (how, players, surviving drops, first seed)
PLANTED: dict[str, tuple[Patch, int, bool | None, int]] = {}


def planted(players: int = 2, survives: bool | None = False, first: int = 1) -> Callable[[Patch], Patch]:
    """`first`: the seed to begin with, where the fault shows in few. `survives` None: any scenario."""

    def register(patch: Patch) -> Patch:
        PLANTED[patch.__name__] = (patch, players, survives, first)
        return patch

    return register


@planted()
def a_pending_misprediction_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    look = Timeline.first_misprediction

    def once(self: Timeline) -> int | None:
        found = look(self)
        if found is not None:
            self._used.pop(found)
        return None if found is not None and found % 3 == 0 else found

    patch.setattr(Timeline, "first_misprediction", once)


@planted(first=50)
def a_repeated_input_overwrites_the_first(patch: pytest.MonkeyPatch) -> None:
    def overwrite(self: Timeline, frame: int, data: bytes) -> None:
        if frame in self.inputs:
            self.inputs[frame] = data

    patch.setattr(Timeline, "confirm_again", overwrite)


@planted()
def a_rollback_begins_a_frame_late(patch: pytest.MonkeyPatch) -> None:
    replay = Rollback._replay
    patch.setattr(
        Rollback, "_replay", lambda self, game, first: replay(self, game, min(first + 1, self.frame - 1))
    )


@planted()
def the_window_is_a_frame_too_wide(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rollback, "may_advance", property(lambda self: self.frame <= self.confirmed + self.window))


@planted(players=3)
def the_fastest_slot_decides_what_is_confirmed(patch: pytest.MonkeyPatch) -> None:
    def count(self: Rollback) -> int:
        self.confirmed = max(timeline.confirmed for timeline in self.timelines[:2])
        return self.confirmed

    patch.setattr(Rollback, "count_confirmed", count)


@planted()
def snapshots_are_not_renewed_in_a_replay(patch: pytest.MonkeyPatch) -> None:
    save = SnapshotRing.save
    patch.setattr(SnapshotRing, "forget", lambda self, frames: None)
    patch.setattr(SnapshotRing, "save", lambda self, frame, s: self.holds(frame) or save(self, frame, s))


@planted()
def outcomes_of_the_first_play_are_kept(patch: pytest.MonkeyPatch) -> None:
    class First(dict[int, bytes]):
        __setitem__ = dict.setdefault

    start = Rollback.__init__

    def keep(self: Rollback, *arguments: Any) -> None:
        start(self, *arguments)
        self.outcomes = First()

    patch.setattr(Rollback, "__init__", keep)


@planted()
def acks_are_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Link, "_check_acks", lambda self, ack, digest_ack: None)


@planted()
def any_input_is_valid(patch: pytest.MonkeyPatch) -> None:
    start = RemoteInputs.__init__

    def trusting(self: RemoteInputs, slots: Any, timelines: Any, sizes: Any, is_valid: Any) -> None:
        start(self, slots, timelines, sizes, lambda slot, data: True)

    patch.setattr(RemoteInputs, "__init__", trusting)


@planted()
def inputs_may_come_from_any_future(patch: pytest.MonkeyPatch) -> None:
    start = Link.__init__

    def boundless(self: Link, *arguments: Any) -> None:
        start(self, *arguments)
        self._lookahead = 10**9

    patch.setattr(Link, "__init__", boundless)


@planted()
def packets_carry_the_newest_inputs_only(patch: pytest.MonkeyPatch) -> None:
    compose = Link._compose_inputs

    def newest(self: Link, *arguments: Any) -> bytes:
        acked, self.acked = self.acked, max(self.acked, self._own.count - 1)
        data = compose(self, *arguments)
        self.acked = acked
        return data

    patch.setattr(Link, "_compose_inputs", newest)


@planted()
def packets_carry_the_newest_digest_only(patch: pytest.MonkeyPatch) -> None:
    compose = Link._compose_inputs

    def newest(self: Link, *arguments: Any) -> bytes:
        acked, self.digests_acked = self.digests_acked, max(self.digests_acked, self._digests.count - 1)
        data = compose(self, *arguments)
        self.digests_acked = acked
        return data

    patch.setattr(Link, "_compose_inputs", newest)


@planted(players=3)
def inputs_are_forgotten_when_anybody_holds_them(patch: pytest.MonkeyPatch) -> None:
    forget = PlayerSession._forget_old

    def early(self: PlayerSession) -> None:
        forget(self)
        self._own.forget_before(max(link.acked for link in self.links))

    patch.setattr(PlayerSession, "_forget_old", early)


@planted(first=20)
def nobody_slows_down_for_a_slow_machine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CommonPace, "look", lambda self, told, now: [])


@planted(first=20)
def who_hears_of_a_slow_machine_says_that_its_own_is_slow(patch: pytest.MonkeyPatch) -> None:
    """The pace is taken for what it is, not for what it has to be: nobody is ever fast again."""
    look = CommonPace.look

    def follow(self: CommonPace, told: Any, now: float) -> Any:
        events = look(self, told, now)
        self.told = int(self.slowdown * self.period * TICKS) if self.slowdown > 1.0 else 0
        return events

    patch.setattr(CommonPace, "look", follow)


@planted()
def own_inputs_are_never_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OwnInputs, "forget_before", lambda self, frame: None)


@planted()
def a_stalled_peer_is_silent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PlayerSession, "_is_time_to_send", lambda self, now: self._news != self._sent_news)


@planted()
def two_rollbacks_in_one_tick(patch: pytest.MonkeyPatch) -> None:
    replay = Rollback._replay

    def twice(self: Rollback, game: MixingGame, first: int) -> None:
        replay(self, game, first)
        replay(self, game, first)

    patch.setattr(Rollback, "_replay", twice)


@planted()
def the_match_depends_on_more_than_its_seed(patch: pytest.MonkeyPatch) -> None:
    pace, packets = PlayerSession.pace, count()
    patch.setattr(PlayerSession, "pace", lambda self: pace(self) + next(packets) * 1e-9)


@planted()
def silence_is_counted_three_times(patch: pytest.MonkeyPatch) -> None:
    watch = LinkWatch._look_for_silence
    patch.setattr(LinkWatch, "_look_for_silence", lambda self, link, silent: watch(self, link, 3 * silent))


@planted()
def an_own_pause_is_blamed_on_the_others(patch: pytest.MonkeyPatch) -> None:
    start = Link.__init__

    def blaming(self: Link, *arguments: Any) -> None:
        start(self, *arguments)
        self.silence._max_gap = 1e9

    patch.setattr(Link, "__init__", blaming)
    watch = LinkWatch._look_for_silence
    patch.setattr(LinkWatch, "_look_for_silence", lambda self, link, silent: watch(self, link, 5 * silent))


@planted()
def a_finished_peer_leaves_without_the_last_digest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Link, "everything_compared", property(lambda self: True))
    patch.setattr(LinkWatch, "_is_done_with", lambda self, link: False)


@planted(players=4, survives=True)
def survivors_do_not_ask_each_other(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DropAgreement, "settle", lambda self, held: dict(held))


@planted(players=4, survives=True)
def nobody_hands_over_what_another_lacks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Survivors, "handovers", lambda self: [])


@planted(players=3, survives=True)
def a_substitute_holds_what_it_should_not(patch: pytest.MonkeyPatch) -> None:
    start = Substitutes.__init__

    def confused(self: Substitutes, *arguments: Any) -> None:
        start(self, *arguments)
        self._holds = not self._holds

    patch.setattr(Substitutes, "__init__", confused)


@planted(players=3, survives=True)
def a_guest_is_never_seated(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Admissions, "announce", lambda self, now, fps, frames: None)


@planted()
def a_spectator_is_shown_a_frame_twice(patch: pytest.MonkeyPatch) -> None:
    play, went_back = SpectatorSession.play, set[int]()

    def again(self: SpectatorSession, most: int) -> list[ConfirmedFrame]:
        frames = play(self, most)
        if self.frame >= 300 and frames and id(self) not in went_back:
            went_back.add(id(self))
            frames.append(frames[-1])
        return frames

    patch.setattr(SpectatorSession, "play", again)


@planted(players=3, survives=True)
def spectators_are_shown_what_may_yet_be_otherwise(patch: pytest.MonkeyPatch) -> None:
    def settle(self: Confirming, joining: object) -> None:
        self.archive.settled = self.handed_out

    patch.setattr(Confirming, "settle", settle)


@planted(first=49)
def a_failure_on_a_guess_ends_the_match(patch: pytest.MonkeyPatch) -> None:
    stop = Rollback._stop_at

    def fail(self: Rollback, frame: int, error: GameError, game: Simulation) -> None:
        stop(self, frame, error, game)
        self.failure = error

    patch.setattr(Rollback, "_stop_at", fail)


@planted(first=49)
def what_failed_on_a_guess_is_left_half_changed(patch: pytest.MonkeyPatch) -> None:
    stop = Rollback._stop_at

    def leave(self: Rollback, frame: int, error: GameError, game: MixingGame) -> None:
        spoiled = game.state
        stop(self, frame, error, game)
        game.state = spoiled

    patch.setattr(Rollback, "_stop_at", leave)


@planted(players=3, survives=True, first=60)
def who_dies_in_the_handshake_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    def late(self: LinkWatch) -> bool:
        return self._survivors.plays_on and self._course.phase is not CONNECTING

    patch.setattr(LinkWatch, "drops_are_survived", property(late))


@planted(players=3, first=4)
def whose_word_differs_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(netcode.desync.watch, "blame", lambda findings, authors, ours: None)


@planted(players=3, survives=True, first=16)
def a_liar_has_who_names_it_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LinkWatch, "nobody_is_dropped", property(lambda self: False))


@planted(survives=None, first=40)
def who_was_dropped_hears_the_goodbye_that_all_hear(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Survivors, "parting_for", lambda self, link, parting: parting)


@planted(survives=None, first=20)
def any_half_may_go_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TieBreak, "judge", lambda self, tie, told, now: TieVerdict.GO_ON)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_within_a_few_seeds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, players, survives, first = PLANTED[name]
    patch(monkeypatch)
    for seed in range(first, first + SEEDS):
        violations = judge(draw_scenario(seed, players, survives), witness=Witness).violations
        if violations:
            print(f"{name}: seed {seed}: {violations[0]}")
            return
    pytest.fail(f"{name} was not found in {SEEDS} seeds")

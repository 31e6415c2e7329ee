"""Two or three sessions facing each other: how matches begin, stall, heal and end."""

from __future__ import annotations

import pytest
from facing import FRAME, Facing, agrees_with_truth, link_id, match_settings, nothing_arrives

from netcode import limits
from netcode.errors import ConfigError, GameError, LocalProtocolError
from netcode.events import (
    Desync,
    EndReason,
    Interrupted,
    LinkUp,
    MatchEnded,
    MatchStarted,
    Resumed,
    Stalled,
    StallEnded,
)
from netcode.link import RemotePeer
from netcode.link_watch import OPENING_TIMEOUT
from netcode.phases import Phase
from netcode.session import RETRY_LATER, PlayerSession
from netcode.simulator.game import MixingGame
from netcode.wire.packets import Hello, encode_hello


def kinds(side) -> list[str]:
    return [type(event).__name__ for event in side.events]


def all_finished(match: Facing) -> bool:
    frames = match[0].session.settings.frames
    complete = all(len(side.confirmed) == frames for side in match.sides)
    true = all(agrees_with_truth(match, side.slot) for side in match.sides)
    return match.reasons() == ["finished"] * len(match.sides) and complete and true


# ------------------------------------------------------------------ a good match


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_a_match_is_played_to_its_end(players):
    match = Facing(players=players, frames=95).run(160)
    assert all_finished(match)
    for side in match.sides:
        assert side.events[-1] == side.session.ending
        assert kinds(side).count("MatchStarted") == kinds(side).count("MatchEnded") == 1
        assert kinds(side).count("LinkUp") == players - 1
        assert side.session.digest_count == 10  # 9 full intervals, and the end
        assert side.session.compared == 10
    assert len({side.session.digest for side in match.sides}) == 1


def test_the_digest_of_every_interval_is_handed_out_with_its_last_frame():
    match = Facing(players=2, frames=25).run(80)
    due = [frame.frame for frame in match[0].confirmed if frame.digest]
    assert due == [9, 19, 24]
    ours, theirs = ([frame.digest for frame in side.confirmed] for side in match.sides)
    assert ours == theirs


def test_frame_zero_waits_for_all():
    match = Facing(players=3).run(60, lambda sender, receiver, data: 2 not in (sender, receiver))
    assert all(side.session.phase is Phase.CONNECTING and side.session.frame == 0 for side in match.sides)
    match.run(30)
    assert all(side.session.phase is Phase.PLAYING for side in match.sides)
    assert all(MatchStarted() in side.events for side in match.sides)


def test_equal_names_are_two_links():
    session = PlayerSession(
        match_settings(players=3),
        (0,),
        [RemotePeer("ann", (s,), b"to-ann-%d" % s, b"frm-ann%d" % s) for s in (1, 2)],
        [1] * 3,
        [b"\0"] * 3,
        {},
        MixingGame(3, 1),
        0.0,
    )
    hello = Hello(limits.PROTOCOL_VERSION, session.settings.fields(), {}, accepted=True)
    session.receive([(encode_hello(b"frm-ann%d" % s, hello), 0.0) for s in (1, 2)], 0.0)
    assert [event for event in session.events() if isinstance(event, LinkUp)] == [LinkUp("ann")] * 2


@pytest.mark.parametrize("players", [1, 2, 3])
@pytest.mark.parametrize("delay", [0, 1, 3])
def test_lockstep_never_predicts_and_never_waits_for_ever(players, delay):
    match = Facing(players=players, frames=40, window=0, input_delay=delay).run(300)
    assert all_finished(match)
    assert all(side.session.stats.rollbacks == side.game.restores == 0 for side in match.sides)
    assert all(side.game.steps == 40 for side in match.sides)
    assert not any(link.stats.rejected for side in match.sides for link in side.session.links)


def test_the_first_frames_hold_the_default_on_all():
    match = Facing(players=2, input_delay=4).run(60)
    assert [frame.inputs for frame in match[0].confirmed[:4]] == [(b"\0", b"\0")] * 4
    assert match[0].confirmed[5].inputs == (bytes([match[0].said[5]]), bytes([match[1].said[5]]))


# ------------------------------------------------------------------ stalls, silence, healing


def test_nobody_passes_the_window_and_the_stall_names_whom_it_waits_for():
    match = Facing(players=3, window=5).run(60)
    confirmed = match[0].session.confirmed
    match.run(60, lambda sender, receiver, data: (sender, receiver) != (2, 0))
    session = match[0].session
    assert session.frame <= session.confirmed + 5
    assert session.frame - confirmed <= 5 + 3
    assert session.waiting_for() == ("player 2",)
    assert Stalled(("player 2",)) in match[0].events
    assert session.pace() == RETRY_LATER
    match.run(30)
    assert any(isinstance(event, StallEnded) for event in match[0].events)
    assert all(agrees_with_truth(match, slot) for slot in range(3))
    assert session.stalls.longest_s == pytest.approx(58 * FRAME, abs=8 * FRAME)


@pytest.mark.parametrize("outage", [0.5, 1.5, 3.0, 4.5])
@pytest.mark.parametrize("deaf", [(0,), (1,), (0, 1)])
def test_an_outage_shorter_than_the_timeout_heals(outage, deaf):
    match = Facing(players=2, frames=400).run(60)
    match.run(int(outage * 60), lambda sender, receiver, data: receiver not in deaf)
    match.run(500)
    assert all_finished(match), match.reasons()
    for slot in deaf:
        told = [type(event) for event in match[slot].events if isinstance(event, Interrupted | Resumed)]
        assert told == ([Interrupted, Resumed] if outage > 1 else [])


def test_two_outages_are_told_twice():
    match = Facing(players=2).run(60)
    for _ in range(2):
        match.run(90, nothing_arrives).run(30)
    told = [event for event in kinds(match[0]) if event in ("Interrupted", "Resumed")]
    assert told == ["Interrupted", "Resumed"] * 2


def test_a_silent_remote_is_lost_after_the_timeout_and_not_before():
    match = Facing(players=2, disconnect_timeout=2.0).run(60)
    match.dead.add(1)
    match.run(int(1.9 * 60))
    assert match.reasons()[0] is None
    match.run(12)
    assert match.reasons()[0] == "lost"
    assert match[0].session.ending.text == "player 1 was lost: nothing heard for 2.0 s"
    assert agrees_with_truth(match, 0)


def test_a_slow_game_counts_silence_in_full():
    match = Facing(players=2, fps=1, disconnect_timeout=5.0)
    for _ in range(20):
        match.now += 1.0 - FRAME
        match.run(1)
    assert match[0].session.phase is Phase.PLAYING
    match.dead.add(1)
    for _ in range(7):
        match.now += 1.0 - FRAME
        match.run(1)
    assert match.reasons()[0] == "lost"


def test_our_own_pause_is_not_the_remotes_silence():
    match = Facing(players=2, disconnect_timeout=2.0).run(60)
    match.now += 60.0
    match.run(30)
    assert match.reasons() == [None, None]
    assert all(side.session.frame > 70 for side in match.sides)


def test_a_remote_that_never_comes():
    match = Facing(players=2)
    match.dead.add(1)
    match.run(int(OPENING_TIMEOUT * 60) + 5)
    assert match.reasons()[0] == "lost"
    assert "never came" in match[0].session.ending.text


# ------------------------------------------------------------------ how a match ends


def test_goodbye_ends_the_match_of_the_others():
    match = Facing(players=3).run(60)
    match.stop(1, "the window was closed")
    match.run(3)
    assert match.reasons() == ["left", "stopped", "left"]
    assert match[0].session.ending.text == "player 1 left: the window was closed"
    assert all(side.events[-1] == side.session.ending for side in match.sides)


def test_a_stopped_session_that_fails_in_many_words_can_still_say_goodbye():
    match = Facing(players=2).run(60)
    match.stop(1, "failed: \ud800\n" + "\N{GRINNING FACE}" * 1000)
    match.run(2)
    assert match.reasons() == ["left", "stopped"]
    assert match[0].session.ending.text.isprintable()


@pytest.mark.parametrize("end", ["goodbye", "lost", "goodbye of another"])
def test_inputs_that_arrive_with_the_end_are_true_too(end):
    """The end and late inputs come in one drain: the mispredictions they show are mended first (law 6)."""
    match = Facing(players=3).run(60)
    late: list[bytes] = []

    def keep(sender, receiver, data):
        if receiver == 0:
            late.append(data)
        return receiver != 0

    match.run(6, keep)
    side = match[0]
    confirmed, rollbacks = side.session.confirmed, side.session.stats.rollbacks
    side.inbox += [(data, match.now) for data in late]
    if end == "lost":
        side.session.links[1].silence.seconds = 6.0
        side.inbox = [(data, at) for data, at in side.inbox if data[:8] != link_id(2, 0)]
    else:
        match.stop(1 if end == "goodbye" else 2)
    match.dead |= {1, 2}
    match.run(1)
    assert side.session.phase is Phase.ENDED
    if end != "lost":
        assert side.session.confirmed > confirmed
    assert side.session.stats.rollbacks > rollbacks
    assert agrees_with_truth(match, 0)


@pytest.mark.parametrize("timeout", [0.3, 1.0, 5.0])
def test_the_last_acks_and_goodbyes_may_be_lost(timeout):
    """Two generals: whoever is left without an answer waits as long as an outage may last, and ends well."""
    match = Facing(players=2, frames=50, disconnect_timeout=timeout)
    done: set[int] = set()

    def keep(sender, receiver, data):
        done.update(side.slot for side in match.sides if side.session.phase is Phase.ENDED)
        return not done  # the first to finish is never heard again

    match.run(70 + int((timeout + 1) * 60), keep)
    assert done
    assert all_finished(match), match.reasons()


@pytest.mark.parametrize("outage", [0.5, 2.0, 4.5])
@pytest.mark.parametrize("frame", [40, 46, 48, 50])
@pytest.mark.parametrize("deaf", [(0,), (1,), (0, 1)])
def test_an_outage_at_the_very_end_heals_too(outage, frame, deaf):
    match = Facing(players=2, frames=50)
    while min(side.session.frame for side in match.sides) < frame:
        match.run(1)
    match.run(int(outage * 60), lambda sender, receiver, data: receiver not in deaf)
    match.run(400)
    assert all_finished(match), match.reasons()


@pytest.mark.parametrize("first_deaf", [0, 1])
@pytest.mark.parametrize("ticks", range(8))
def test_who_has_everything_waits_for_who_has_not(first_deaf, ticks):
    """One direction fails just before the end, then both: one side can finish, the other still needs it."""
    match = Facing(players=2, frames=50)
    while min(side.session.frame for side in match.sides) < 46:
        match.run(1)
    match.run(ticks)
    match.run(8, lambda sender, receiver, data: receiver != first_deaf)
    match.run(180, nothing_arrives).run(400)
    assert all_finished(match), match.reasons()


# ------------------------------------------------------------------ desync


@pytest.mark.parametrize(("at", "first", "last"), [(23, 20, 29), (92, 90, 94)])
def test_a_game_that_drifts_is_found_and_the_frames_are_named(at, first, last):
    match = Facing(players=2, frames=95)
    while match[1].session.confirmed < at:
        match.run(1)
    _, *rest = match[1].game.state
    match[1].game.state = (12345, *rest)
    for other in list(match[1].session._rollback.snapshots._frames):
        if other >= at:
            match[1].session._rollback.snapshots.save(other, (12345, *rest))
    match.run(200)
    assert "desync" in match.reasons()
    for side in match.sides:
        text = side.session.ending.text
        assert f"desync with player {1 - side.slot}: frame {at - 1}: mixed " in text, text
        assert side.session.ending.reason is EndReason.DESYNC
        (told,) = [event for event in side.events if isinstance(event, Desync)]
        assert (told.first, told.last, told.frame, told.why) == (first, last, at - 1, "")
        assert [one.path for one in told.differences] == ["mixed"]
        assert (told.differences[0].here if side.slot else told.differences[0].there) == "12345"


def test_a_desync_is_never_called_finished():
    """The very last frame differs, and only there."""
    match = Facing(players=2, frames=50)
    while match[1].session.frame < 50:
        match.run(1)
    game, honest = match[1].game, match[1].game.digest
    game.digest = lambda snapshot=None: bytes(8) if snapshot in (None, game.state) else honest(snapshot)
    match.run(400)
    assert "finished" not in match.reasons()
    assert "desync" in match.reasons()


# ------------------------------------------------------------------ the caller's own mistakes


def test_wrong_local_inputs_are_refused():
    session = Facing(players=1)[0].session
    with pytest.raises(LocalProtocolError, match="no inputs are wanted"):
        session.add_local_inputs({0: b"\1"})
    session.receive([], 0.0)
    for wrong in ({}, {1: b"\1"}, {0: b"\1", 1: b"\1"}, {0: b"\x63"}, {0: b""}):
        with pytest.raises(LocalProtocolError):
            session.add_local_inputs(wrong)
    session.add_local_inputs({0: b"\1"})
    with pytest.raises(LocalProtocolError, match="no inputs are wanted"):
        session.add_local_inputs({0: b"\1"})


def test_farewells_come_after_the_end():
    with pytest.raises(LocalProtocolError):
        Facing(players=2)[0].session.farewells()


def test_slots_must_make_up_the_match():
    with pytest.raises(ConfigError):
        PlayerSession(match_settings(players=2), (0,), [], [1], [b"\0"], {}, MixingGame(1, 1), 0.0)


def test_events_that_nobody_reads_do_not_pile_up():
    session = Facing(players=1)[0].session
    for _ in range(5000):
        session._course.tell(MatchStarted())
    session.stop()
    assert len(session.events()) <= 1024
    session.stop("again")
    assert session.events() == []
    assert session.ending == MatchEnded(EndReason.STOPPED, "stopped here")


# ------------------------------------------------------------------ a game that fails


def test_a_game_that_fails_in_the_true_game_ends_it_with_its_words():
    match = Facing(players=2, frames=60)

    def break_at(game, frame):
        step = game.step

        def broken(inputs):
            if game.state[2] == frame:
                raise GameError("broken")
            return step(inputs)

        game.step = broken

    for side in match.sides:
        break_at(side.game, 40)
    match.run(120)
    assert match.reasons() == ["failed", "failed"]
    for side in match.sides:
        assert side.session.ending.text == "frame 40: broken"
        assert len(side.confirmed) == side.session.confirmed == 40, "what was true before stays so"


@pytest.mark.parametrize("slot", [2, limits.MAX_PLAYERS - 1])
def test_a_guest_for_a_slot_that_there_is_not_is_not_welcome(slot):
    """The broker tells of guests, and may tell anything."""
    match = Facing(players=2, on_drop="default").run(60)
    guest = RemotePeer("eve", (slot,), b"outwards", b"inwards.")
    assert not match[0].session.welcome(b"guest id", guest, match.now)
    assert match.run(60)[0].session.ending is None


def test_guests_that_are_told_of_without_end_take_no_memory():
    match = Facing(players=2, on_drop="default").run(60)
    session = match[0].session
    for number in range(100):
        link = number.to_bytes(8, "big")
        session.welcome(link, RemotePeer("eve", (1,), link, link), match.now)
    assert len(session._by_id) <= 1 + limits.GUESTS_KEPT

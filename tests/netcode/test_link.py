"""One link: the handshake whatever is lost, and what a remote may not do."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from facing import FRAME, Facing, Side, agrees_with_truth, link_id
from hypothesis import given, settings
from hypothesis import strategies as st

from netcode import limits
from netcode.link import HELLO_INTERVAL, RemotePeer, Seated
from netcode.link_states import LinkState
from netcode.phases import Phase
from netcode.session import PlayerSession
from netcode.simulator.game import MixingGame
from netcode.wire.packets import (
    Goodbye,
    Hello,
    Inputs,
    Parting,
    decode,
    encode_goodbye,
    encode_hello,
    encode_inputs,
)

THERE = link_id(1, 0)  # starts what side 1 sends to side 0


def playing(**values: object) -> Facing:
    """Two sides in mid-match, all sent packets delivered."""
    match = Facing(**({"players": 2} | values)).run(60)
    assert [side.session.phase for side in match.sides] == [Phase.PLAYING] * 2
    return match


def newest(match: Facing) -> Inputs:
    """A good packet that side 1 would send now."""
    session = match[1].session
    match.now += 1.0
    match[0].session.links[0].silence.look(match.now)  # virtual second of nothing, not of silence
    packets = session.outgoing(match.now)
    return decode(packets[0])


def state_of(side: Side) -> tuple:
    """All that a packet could have changed."""
    link = side.link
    return (
        link.state,
        link.acked,
        link.digests_acked,
        link.held,
        link.comparison.received,
        link.advantage,
        link.round_trip.seconds,
        link.lead.frames,
        link.inputs_in,
        side.session.frame,
    )


def rejected(match: Facing, data: bytes) -> str:
    """Side 0 gets `data`: it must be counted, and must change nothing. Returns the reason noted."""
    side = match[0]
    before, count, reasons = state_of(side), side.link.stats.rejected, dict(side.link.stats.rejections)
    side.session.receive([(data, match.now)], match.now)
    assert state_of(side) == before
    assert side.link.stats.rejected == count + 1
    (reason,) = (why for why, n in side.link.stats.rejections.items() if reasons.get(why, 0) != n)
    return reason


# ------------------------------------------------------------------ handshake


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 11)))
def test_lost_hellos_only_cost_time(lost):
    """Any of the first dozen packets may be lost, in each position."""
    count = iter(range(1000))
    match = Facing(players=2).run(120, lambda *_: next(count) not in lost)
    assert all(side.link.running for side in match.sides)
    assert all(side.session.frame > 20 for side in match.sides)


def test_hellos_are_not_sent_at_frame_rate():
    match = Facing(players=2)
    sent = []
    match.run(60, lambda sender, receiver, data: sent.append(data) is not None)
    assert len(sent) <= 2 * (1 / HELLO_INTERVAL + 1)


def test_a_link_does_not_run_before_the_remote_agreed():
    match = Facing(players=2).run(300, lambda sender, receiver, data: sender == 0)
    assert match[0].link.state is LinkState.OPENING
    assert match[1].link.state is LinkState.GREETED
    assert match[1].session.phase is Phase.CONNECTING
    match.run(20)
    assert all(side.session.phase is Phase.PLAYING for side in match.sides)


def test_inputs_before_a_hello_are_refused():
    match = Facing(players=2)
    packet = encode_inputs(THERE, Inputs(0, 0, 0, 2, b"", 2, 0, b"", 0, 0, -1, 0))
    assert "before a hello" in rejected(match, packet)
    assert match[0].link.state is LinkState.OPENING


@pytest.mark.parametrize("lose_hello_of", [None, 0, 1])
def test_different_settings_are_named_on_both_sides(lose_hello_of):
    match = Facing(players=2, others={1: {"seed": 6}})
    first = {0: True, 1: True}

    def keep(sender, receiver, data):
        lost = sender == lose_hello_of and first[sender]
        first[sender] = False
        return not lost

    match.run(30, keep)
    assert match.reasons() == ["refused", "refused"]
    assert "seed: 5 here, 6 there" in match[0].session.ending.text
    assert "seed: 6 here, 5 there" in match[1].session.ending.text


def test_a_different_fingerprint_is_named_on_both_sides():
    match = Facing({0: {"version.numpy": "1"}, 1: {"version.numpy": "2"}}, players=2).run(30)
    assert match.reasons() == ["refused", "refused"]
    for side, where in enumerate(["here", "at player 0's"]):
        remedy = f"install the same, {where}: pip install numpy==2"
        assert match[side].session.ending.text.endswith(remedy)


def test_a_refusal_is_named_even_if_only_the_goodbye_arrives():
    match = Facing({0: {"version.numpy": "1"}, 1: {"version.numpy": "2"}}, players=2)
    match.run(30, lambda sender, receiver, data: sender == 1 or isinstance(decode(data), Goodbye))
    assert match.reasons() == ["refused", "left"]
    assert "numpy is 1 here and 2 at" in match[1].session.ending.text


def test_another_version_is_named():
    match = Facing(players=2)
    other = encode_hello(THERE, Hello(limits.PROTOCOL_VERSION + 1, {}, {}, False))
    match[0].session.receive([(other, 0.0)], 0.0)
    assert match.run(1).reasons()[0] == "refused"
    versions = f"protocol version: {limits.PROTOCOL_VERSION} here, {limits.PROTOCOL_VERSION + 1} there"
    assert versions in match[0].session.ending.text


def test_what_they_say_of_themselves_cannot_write_to_our_terminal():
    match = Facing({1: {"numpy": "\x1b[2J\n"}}, players=2).run(30)
    assert all(side.session.ending.text.isprintable() for side in match.sides)


def test_a_stale_hello_in_mid_match_changes_nothing():
    match = playing()
    before = state_of(match[0])
    for hello in (Hello(limits.PROTOCOL_VERSION, {"seed": "9"}, {}, False), Hello(77, {}, {}, True)):
        match[0].session.receive([(encode_hello(THERE, hello), match.now)], match.now)
    assert state_of(match[0]) == before


# ------------------------------------------------------------------ what may not be


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("never sent", lambda p, own: {"ack": own.session._own.count + 1}),
        ("never sent", lambda p, own: {"ack": limits.MAX_FRAME}),
        ("never sent", lambda p, own: {"digest_ack": own.session.digest_count + 1}),
        ("gap", lambda p, own: {"first": own.link.held + 1}),
        ("ahead", lambda p, own: {"first": own.link.held, "inputs": bytes(200)}),
        ("ahead", lambda p, own: {"frame": limits.MAX_FRAME}),
        (
            "changed",
            lambda p, own: {
                "first": own.link.held - 1,
                "inputs": b"\6" if own.session.timelines[1].inputs[own.link.held - 1] != b"\6" else b"\5",
            },
        ),
        ("not an action", lambda p, own: {"first": own.link.held, "inputs": b"\1\x63"}),
        ("digests from", lambda p, own: {"digest_first": own.link.comparison.received + 1}),
        # The fault stands last, behind good acks and inputs: nothing may be taken.
        (
            "digests from",
            lambda p, own: {
                "first": own.link.held,
                "inputs": b"\1",
                "ack": own.session._own.count,
                "digest_first": 99,
                "digests": bytes(8),
            },
        ),
        (
            "not an action",
            lambda p, own: {"ack": own.session._own.count, "first": own.link.held, "inputs": b"\x63"},
        ),
    ],
)
def test_a_packet_that_breaks_the_protocol_is_counted_and_nothing_of_it_is_taken(reason, change):
    match = playing()
    good = newest(match)
    bad = replace(good, **change(good, match[0]))
    assert reason in rejected(match, encode_inputs(THERE, bad))
    match[0].session.receive([(encode_inputs(THERE, good), match.now)], match.now)
    match.run(60)
    assert match[0].link.stats.rejected == 1
    assert match[0].session.frame > 100


def test_a_packet_of_another_stride_is_refused():
    """Side 0 faces one remote with two slots; a packet with an odd number of bytes is no whole frame."""
    session = PlayerSession(
        Facing(players=3)[0].session.settings,
        (0,),
        [RemotePeer("two", (1, 2), link_id(0, 1), THERE)],
        [1, 1, 1],
        [b"\0"] * 3,
        {},
        MixingGame(3, 1),
        0.0,
    )
    hello = Hello(limits.PROTOCOL_VERSION, session.settings.fields(), {}, accepted=True)
    session.receive([(encode_hello(THERE, hello), 0.0)], 0.0)
    packet = Inputs(0, 0, 0, 2, b"\1\2\3", 2, 0, b"", 0, 0, -1, 0)
    session.receive([(encode_inputs(THERE, packet), 0.0)], 0.0)
    assert list(session.links[0].stats.rejections) == ["inputs of 3 bytes, 2 a frame"]
    session.receive([(encode_inputs(THERE, replace(packet, inputs=b"\1\2\3\4")), 0.0)], 0.0)
    assert session.links[0].held == 4
    assert [line.inputs[3] for line in session.timelines[1:]] == [b"\3", b"\4"]


@pytest.mark.parametrize(("ack", "digest_ack"), [(limits.MAX_FRAME, 0), (0, limits.MAX_FRAME)])
def test_a_goodbye_with_a_forged_ack_is_no_goodbye(ack, digest_ack):
    match = playing()
    forged = encode_goodbye(THERE, Goodbye("bye", Parting.FINISHED, ack, digest_ack))
    assert "never sent" in rejected(match, forged)
    assert match.run(10).reasons() == [None, None]


@given(garbage=st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_garbage_on_a_known_link_is_counted_and_harmless(garbage):
    match = Facing(players=2).run(20)
    side = match[0]
    before = state_of(side)
    side.session.receive([(THERE + garbage, match.now)], match.now)
    assert side.link.stats.rejected == 1
    assert state_of(side) == before


def test_strangers_are_counted_and_harmless():
    match = playing()
    good = encode_inputs(THERE, newest(match))
    before = state_of(match[0])
    strange = [b"", b"short", link_id(7, 8) + good[8:], link_id(0, 1) + good[8:], bytes(9000)]
    match[0].session.receive([(data, match.now) for data in strange], match.now)
    assert match[0].session.stats.strangers == len(strange)
    assert state_of(match[0]) == before


def test_another_peers_link_id_speaks_for_that_peer_only():
    """The slot follows from the link: what comes on link 2 cannot be an input of slot 1."""
    match = Facing(players=3).run(30)
    side = match[0]
    held = [link.held for link in side.session.links]
    packet = Inputs(10**6, 5, 0, held[1], b"\3", 2, 0, b"", 0, 0, -1, 0)
    side.session.receive([(encode_inputs(link_id(2, 0), packet), match.now)], match.now)
    assert [link.held for link in side.session.links] == [held[0], held[1] + 1]
    assert side.session.timelines[2].inputs[held[1]] == b"\3"


def test_the_reasons_kept_are_bounded():
    match = playing()
    link, good = match[0].link, newest(match)
    for number in range(200):
        packet = replace(good, digest_first=1000 + number)
        match[0].session.receive([(encode_inputs(THERE, packet), match.now)], match.now)
    assert link.stats.rejected == 200
    assert len(link.stats.rejections) <= 16


def test_hostile_frames_cannot_hold_our_pace():
    """Whatever a remote claims, a frame stays within the limits of pacing, and recovers."""
    match = playing()
    good = newest(match)
    for number in range(50):
        forged = replace(good, sequence=10**6 + number, frame=0, advantage=-limits.MAX_FRAME)
        match[0].session.receive([(encode_inputs(THERE, forged), match.now)], match.now)
    assert FRAME * 0.9 < match[0].session.pace() < FRAME * 1.1
    assert abs(match[0].link.lead.frames) <= limits.MAX_WINDOW


def test_a_guest_slows_nobody():
    match = playing()
    session, link, good = match[0].session, match[0].link, newest(match)
    slow = replace(good, sequence=10**6, pace=500)
    session.receive([(encode_inputs(THERE, slow), match.now)], match.now)
    assert session.pace() > 2 * FRAME
    link.seated = Seated.WE
    session.receive([], match.now)
    assert session.pace() < 1.1 * FRAME


@pytest.mark.parametrize(("lead", "is_slow"), [(0.0, True), (8.0, False)])
def test_rollbacks_that_are_deep_because_we_run_ahead_make_nobody_slow(lead, is_slow):
    """Eight frames of 5 ms and the new one take too long for 60 fps; without the lead there is one only."""
    session = playing()[0].session
    session.links[0].lead.frames = lead
    for _ in range(20):
        session._depth, session._played = 8, True
        session.spent(9 * 0.005)
    assert (session.common_pace.told > 0) is is_slow


# ------------------------------------------------------------------ lost, doubled, overtaken


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_duplicates_and_any_order_change_nothing(seed):
    """Packets are held back, shuffled and doubled at will: the game is the straight one."""
    rng = Random(seed)
    match = Facing(players=2, frames=60, window=6)
    held: list[tuple[int, bytes]] = []

    def keep(sender, receiver, data):
        held.append((receiver, data))
        for _ in range(rng.randint(0, 3)):
            if held:
                index = rng.randrange(len(held))
                to, packet = held[index] if rng.random() < 0.3 else held.pop(index)
                match[to].inbox.append((packet, match.now))
        return False

    match.run(400, keep)
    assert all(agrees_with_truth(match, slot) for slot in (0, 1))
    assert not any(side.link.stats.rejected for side in match.sides), match[0].link.stats.rejections
    assert min(side.session.confirmed for side in match.sides) > 20


def test_all_that_is_not_acked_is_in_every_packet():
    match = playing()
    held = match[1].link.held
    match.run(5, lambda sender, receiver, data: sender == 1)
    packet = decode(match[0].session.outgoing(match.now + 1)[0])
    assert packet.first <= held + 1  # one more was under way
    assert packet.first + len(packet.inputs) == match[0].session._own.count
    match[1].session.receive([(encode_inputs(link_id(0, 1), packet), match.now)], match.now)
    assert match[1].link.held == match[0].session._own.count


def test_round_trips_are_measured():
    match = Facing(players=2)
    match.latency = 0.012
    match.run(120)
    assert match[0].link.round_trip.seconds == pytest.approx(0.024, abs=0.001)  # time in the inbox excluded


def test_a_slot_taken_behind_the_end_that_was_found_meanwhile_leaves_nothing_to_compare():
    """Where episodes end a match, a guest may have been promised its slot from a later frame on."""
    match = playing()
    link, session = match[0].link, match[0].session
    link.take_seat(session.frame + 60, session.digest_count + 2)
    assert link.everything_compared
    link.acked = session.links[0].acked = session._own.count
    assert link.everything_acked

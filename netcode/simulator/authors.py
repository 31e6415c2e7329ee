"""Who played each slot of a virtual match when, and the game that follows from it."""

from __future__ import annotations

from netcode.confirmed_frame import ConfirmedFrame
from netcode.events import PlayerDropped, PlayerSeated, SeatTaken
from netcode.simulator.game import INPUT_BYTES, MixingGame
from netcode.simulator.match import VirtualMatch, VirtualPeer
from netcode.simulator.reference import play_reference

Authors = list[list[tuple[int, VirtualPeer | None]]]  # by slot: (from which frame, who; None: a substitute)


def authors(match: VirtualMatch, witness: VirtualPeer) -> Authors:
    """As `witness`, who was there from the beginning, was told."""
    began: list[VirtualPeer | None] = list(match.peers[: match.settings.opening_players])
    began += [None] * match.settings.open_slots
    plan: Authors = [[(0, peer)] for peer in began]
    for event in witness.events:
        if isinstance(event, PlayerDropped):
            for slot in event.slots:
                plan[slot].append((event.frame, None))
        elif isinstance(event, PlayerSeated):
            (slot,) = event.slots
            plan[slot].append((event.frame, _who_took(match, SeatTaken(slot, event.frame))))
    return plan


def true_game(match: VirtualMatch, witness: VirtualPeer) -> list[ConfirmedFrame]:
    """Every frame as the authors' own inputs make it, played in one process."""
    settings, plan, default = match.settings, authors(match, witness), bytes(INPUT_BYTES)
    inputs: list[list[bytes]] = []
    for frame in range(settings.frames):
        row = []
        for slot in range(settings.players):
            author = [who for first, who in plan[slot] if first <= frame][-1]
            held = inputs[-1][slot] if inputs and settings.on_drop == "hold" else default
            row.append(held if author is None else author.said.get(frame, default))
        inputs.append(row)
    game = MixingGame(settings.players, settings.seed)
    return list(play_reference(game, inputs, settings.digest_interval, settings.frames))


def _who_took(match: VirtualMatch, seat: SeatTaken) -> VirtualPeer | None:
    return next((peer for peer in match.peers if seat in peer.events), None)

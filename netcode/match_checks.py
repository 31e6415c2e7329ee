"""What must hold before a match can begin on this peer. Each fault is one line for the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netcode import limits
from netcode.errors import ConfigError, RemoteProtocolError
from netcode.link import Identity
from netcode.settings import MatchSettings
from netcode.wire.packets import Hello, decode, encode_hello

PACKET_HEAD: Final = 128  # bytes of an Inputs packet besides inputs and digests


def check_match(
    settings: MatchSettings,
    owners: Sequence[Sequence[int]],
    input_sizes: Sequence[int],
    may_lack: bool = False,
) -> None:
    """`owners`: the slots of each peer; `input_sizes`: bytes, by slot; `may_lack`: some slots have no owner.

    Raises: ConfigError
    """
    players = settings.players
    slots = sorted(slot for owned in owners for slot in owned)
    missing = set(range(settings.opening_players)) - set(slots)
    wrong = set(slots) - set(range(players)) or len(set(slots)) < len(slots)
    if wrong or not all(owners) or (missing and not may_lack):
        raise ConfigError(f"slots {slots} of {len(owners)} peers do not make up a match of {players} players")
    if len(input_sizes) != players:
        raise ConfigError(f"the environment has {len(input_sizes)} slots, not {players}")
    if not all(1 <= size <= limits.MAX_INPUT_BYTES for size in input_sizes):
        raise ConfigError(f"inputs of {input_sizes} bytes; 1 to {limits.MAX_INPUT_BYTES} each are allowed")
    if settings.disconnect_timeout < 2.0 / settings.fps:
        raise ConfigError(
            f"disconnect_timeout = {settings.disconnect_timeout}: shorter than two frames at "
            f"{settings.fps:g} fps; every peer would seem lost"
        )
    for owned in owners:
        size = largest_packet(settings, sum(input_sizes[slot] for slot in owned))
        if size > limits.MAX_PACKET_BYTES:
            raise ConfigError(
                f"inputs of {size} bytes do not fit a packet of {limits.MAX_PACKET_BYTES}; "
                "use a smaller window or input_delay"
            )


def largest_packet(settings: MatchSettings, stride: int) -> int:
    """Bytes of an Inputs packet with all that may be unacked; `stride`: bytes of input a frame."""
    # Each side may be a window and a delay ahead of what it knows of the other.
    in_flight = 2 * (settings.window + settings.input_delay + 1)
    digests = min(in_flight // settings.digest_interval + 2, limits.DIGESTS_IN_FLIGHT)
    return PACKET_HEAD + in_flight * stride + digests * limits.DIGEST_BYTES


def check_hello(identity: Identity) -> None:
    """Raises: ConfigError if no remote could read our hello."""
    hello = Hello(limits.PROTOCOL_VERSION, identity.settings, identity.fingerprint, accepted=True)
    try:
        decode(encode_hello(bytes(limits.LINK_ID_BYTES), hello))
    except RemoteProtocolError as error:
        raise ConfigError(
            f"settings and fingerprint do not fit a packet ({error}); shorten env_args"
        ) from None

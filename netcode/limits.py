"""Every bound of the protocol, by name, with its reason. Nothing that crosses the network is unbounded."""

from __future__ import annotations

from typing import Final

# Peers and brokers of different versions say so at once, and go no further. A new one with every change of
# what is sent, or of what it means; test_protocol_version.py notices the first.
PROTOCOL_VERSION: Final = 3

# --- who plays ---
MAX_PLAYERS: Final = 16
MAX_NAME_CHARS: Final = 48
MAX_MEMBERS_EVER: Final = 1024  # players of one match, those who came later counted anew; then nobody comes
CLAIMS_CARRIED: Final = 64  # drops that a packet may claim for; beyond, the oldest are no longer told
MAX_SIDE: Final = 2 * MAX_PLAYERS  # players of one side of a split; some may have died and come again since
CHANGES_IN_FLIGHT: Final = 16  # unacked roster changes a packet may carry; the next waits to be announced
GUESTS_KEPT: Final = 8  # who is on the way into a slot; one more has to wait
GUEST_BYTES: Final = 8  # names a guest in a roster change

# --- frames ---
MAX_WINDOW: Final = 60  # frames a peer may simulate past the last confirmed one: one second at 60 fps
MAX_INPUT_DELAY: Final = 30  # frames; half a second is already unplayable
MAX_INPUT_BYTES: Final = 512  # one player's action for one frame (Humanoid: 68)
MAX_FPS: Final = 1000.0  # frames a second
MAX_FRAME: Final = 2**40  # 580 years at 60 fps; keeps arithmetic on wire numbers small

# --- bytes ---
MAX_PACKET_BYTES: Final = 8192  # of a session's packet
OWN_INPUTS_BYTES: Final = 6000  # of own inputs in one packet, the oldest unacked; the rest waits for the ack
MAX_MESSAGE_BYTES: Final = MAX_PACKET_BYTES + 64  # with what lanes add: the receiver's MAXMSGSIZE
MAX_LOBBY_BYTES: Final = 32768  # peer <-> broker: a fingerprint and a roster of 16 fit four times over
MAX_TEXT_BYTES: Final = 1024  # any single string on the wire
MAX_FIELDS: Final = 128  # entries of a fingerprint or of the settings
LINK_ID_BYTES: Final = 8  # says which link a packet belongs to; stands in for the sender's key
DIGEST_BYTES: Final = 8

# --- queues: what happens when full is said beside the limit ---
INBOX_PACKETS: Final = 4096  # receiver deque; the oldest falls out and is counted (packets are cumulative)
DIGESTS_IN_FLIGHT: Final = 256  # unacked digests a packet may carry; more wait for the ack
EPISODES_KEPT: Final = 256  # starts of the newest episodes; of older ones nothing is told
EVENTS_KEPT: Final = 1024  # unread events; the oldest falls out

# --- who watches ---
ARCHIVE_BYTES: Final = 64 << 20  # confirmed inputs a peer keeps (2 bytes a frame: 100 hours at 60 fps and
# digests every 30 frames); beyond it the oldest are dropped, and nobody can begin at frame 0 any more
FEED_INPUT_BYTES: Final = 4096  # of inputs in one feed packet; a match with more a frame cannot be watched
FEED_DIGESTS: Final = 256  # in one feed packet
FEED_FLIGHT_BYTES: Final = 65536  # of inputs sent to one watcher and not acked; more wait for its ack
FEEDS_A_TICK: Final = 4  # packets in one frame to watchers who are far behind; the others wait their turn
WATCHERS_OF_PLAYER: Final = 16  # one more is refused, and goes to the next source it was given
WATCHERS_OF_SPECTATOR: Final = 16  # likewise
MAX_HOPS: Final = 8  # spectators between a source and a player; one further away is left: a ring?
MAX_GUESTS: Final = (
    256  # links a feeder knows of; beyond, the oldest that nobody watches through is forgotten
)

# --- naming what differs when digests do ---
STATES_KEPT: Final = 256  # confirmed states of a digest interval; of a longer one every second, third ...
EVIDENCE_FRAMES: Final = 4096  # frames not yet compared by all; the oldest falls out and cannot be named
DESYNC_BUCKETS: Final = 1024  # of a state's fields, each with a hash
MAX_PATH_CHARS: Final = 160  # of a field's path on the wire; the middle of a longer one is left out
MAX_VALUE_CHARS: Final = 48  # of a field's value as text; likewise
FIELDS_COMPARED: Final = 4096  # of the buckets that differ; of the rest it is only said that there are more
DIFFERENCES_NAMED: Final = 256  # more are counted
ANSWERS_A_TICK: Final = 8  # packets to one remote; it asks again for the rest
FRAMES_EXAMINED: Final = 4  # of one remote's in one inquiry; asking for more is refused
DESYNC_PACKETS_KEPT: Final = 64  # of one remote and one tick, not looked at yet; what is beyond is sent again

# --- the lobby; the bounds below let a match of 16 at every limit fit MAX_LOBBY_BYTES ---
MEMBER_BYTES: Final = 16  # random identity of one join; known to its peer and the broker only
MAX_ROOM_CHARS: Final = 32
MAX_HOST_CHARS: Final = 64
MAX_ENDPOINTS: Final = 8  # addresses a peer announces
MAX_ENDPOINT_CHARS: Final = 64  # tcp://[the longest IPv6 address]:65535 has 55
MAX_SETTINGS_BYTES: Final = 8192  # settings of one match, packed
NOTES_TOLD: Final = 3  # to one who waits: players whose games differ; of more it learns nothing
MAX_ROOMS: Final = 1024  # rooms open at once; whoever would open one more is refused
MAX_MEMBERS: Final = 4096  # players in the lobby or just matched; one more is refused

# --- matches that run, as the broker knows them; at every limit a message fits MAX_LOBBY_BYTES ---
MAX_RUNNING: Final = 1024  # matches known at once; of one more the broker knows nothing
MAX_WATCHING: Final = 4096  # spectators known at once; one more is refused
SOURCES_TOLD: Final = 4  # to one spectator: the first to be asked, and whom to ask when it is gone
GUESTS_TOLD: Final = 24  # to one player or spectator; the others are sent elsewhere
MATCHES_TOLD: Final = 16  # in a list of what runs; the newest

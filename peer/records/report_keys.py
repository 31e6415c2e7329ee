"""What every key of a report means. docs/report.md is made from it; a key that is not here fails a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

# A key's dots lead into maps and lists; `*` stands for names that differ from match to match.
# Key -> (unit, how it was got, meaning). How: sum, mean, last, most, longest; or "" for what is simply so.
Keys = dict[str, tuple[str, str, str]]

MATCH: Final[Keys] = {
    "match_id": ("", "", "names the match everywhere: logs, broker, `--match`"),
    "env": ("", "", "the environment"),
    "seed": ("", "", "of the match; with the settings and the inputs it makes the game again"),
    "players": ("slots", "", "how many the game has"),
    "frames_confirmed": ("frames", "", "that every player who left a log has confirmed"),
    "digests_equal": (
        "",
        "",
        "all confirmed the same game, no input is lost, the reference run is equal",
    ),
    "first_divergence": (
        "",
        "",
        "where two peers or the reference first differ, in words; null: nowhere",
    ),
    "wall_s": ("seconds", "", "from the start of the first process to the end of the last"),
    "start_s": ("seconds", "", "of that, until all played; null: they never did"),
    "digests_compared": ("digests", "", "in the logs, over the frames that all hold"),
    "inputs_lost": ("inputs", "sum", "otherwise in another's log than in their author's"),
    "reference": ("", "", "`equal`, the first difference in words, or `not run` and why"),
    "settings": ("", "", "what all agreed on"),
    "settings.*": ("", "", "as the option of the same name; `window` is `--prediction-window`"),
    "scores": ("", "", "of each player, from the peer that counted most frames; null: nobody could"),
    "scores.slot": ("", "", "the player's slot"),
    "scores.name": ("", "", "the player's name"),
    "scores.score": ("reward", "sum", "over all confirmed frames; null: not a finite number"),
    "weather": ("", "", "name of the emulated link; null: none"),
    "peers": ("", "", "a report of each peer, in the order of their slots: the next table"),
    "spectators": ("", "", "a report of each spectator: the last table"),
}

_INCOMING: Final[Keys] = {
    "packets_in": ("packets", "sum", "that arrived and were in order"),
    "packets_out": ("packets", "sum", "sent; what went out over two lanes counts once"),
    "bytes_in": ("bytes", "sum", "of those that arrived"),
    "bytes_out": ("bytes", "sum", "of those sent"),
    "packets_rejected": ("packets", "sum", "thrown away: no valid packet, or from nobody we know"),
    "rejections": ("", "", "why, and how many"),
    "rejections.*": ("packets", "sum", "rejected for this reason"),
}

_WATCHED: Final[Keys] = {
    "watched": ("", "", "what feeding spectators took"),
    "watched.watchers": ("watchers", "most", "at one time through this process"),
    **{f"watched.{key}": told for key, told in _INCOMING.items()},
}

_AROUND: Final[Keys] = {
    "match_log": ("", "", "its match log: see [records.md](records.md)"),
    "match_log.file": ("", "", "name of the file; null: none could be made"),
    "match_log.frames": ("frames", "", "that are in it"),
    "match_log.problem": ("", "", "why the rest is not; null: it is whole"),
    "weather": ("", "last", "what is emulated on incoming packets; null: nothing"),
    "weather.delay_ms": ("milliseconds", "last", "later than they came"),
    "weather.jitter_ms": ("milliseconds", "last", "give or take"),
    "weather.loss": ("share", "last", "of packets lost, each by itself"),
    "weather.burst_loss": ("share", "last", "of the time in which all are lost"),
    "weather.burst_ms": ("milliseconds", "last", "mean length of such a burst"),
    "weather.reorder": ("share", "last", "of packets held back"),
    "weather.reorder_ms": ("milliseconds", "last", "by so much"),
    "weather.duplicate": ("share", "last", "of packets that come twice"),
    "weather.kbit": ("kbit/s", "last", "that pass; 0: all"),
    "versions": ("", "", "what ran here"),
    "versions.python": ("", "", "of Python"),
    "versions.platform": ("", "", "of the operating system"),
    "versions.*": ("", "", "of netplay, and of the packages that the environment is made of"),
    "state_taken": ("", "", "the state in which a late comer went on; null: it replayed all frames"),
    "state_taken.frame": ("frame", "", "from which on"),
    "state_taken.source": ("", "", "who sent it"),
    "state_taken.confirmed_by": (
        "",
        "",
        "who has the same; one name: only the sender could be asked",
    ),
    "rss_mb": ("MiB", "last", "memory of the process; null: it could not be asked"),
}


_SCORES: Final[Keys] = {
    "scores": ("", "", "rewards and ends of episodes, of confirmed frames only"),
    "scores.from_frame": ("frame", "", "the first that is counted: 0, unless this peer came late"),
    "scores.frames": ("frames", "sum", "counted"),
    "scores.total": ("reward", "sum", "by slot; null: not a finite number"),
    "scores.episodes_ended": ("episodes", "sum", "that came to an end"),
    "scores.episodes": ("", "", "each of them, the newest 1,000"),
    "scores.episodes.episode": ("", "", "its number, from 0"),
    "scores.episodes.frames": ("frames", "sum", "it lasted; `--intermission` does not count"),
    "scores.episodes.score": ("reward", "sum", "by slot"),
    "scores.episodes.ended": ("", "", "by slot: `terminated`, `truncated`, or `went on` as others ended it"),
    "scores.unfinished": ("", "", "the episode that had not ended; null: there is none"),
    "scores.unfinished.episode": ("", "", "its number"),
    "scores.unfinished.frames": ("frames", "sum", "of it"),
    "scores.unfinished.score": ("reward", "sum", "by slot"),
}


def _percentiles(key: str, unit: str, meaning: str, *shares: int) -> Keys:
    return {
        key: ("", "", meaning),
        **{f"{key}.p{share}": (unit, f"{share} % are below", meaning) for share in shares},
        f"{key}.max": (unit, "most", meaning),
    }


PEER: Final[Keys] = {
    "slot": ("", "", "the first slot of this peer"),
    "slots": ("", "", "all its slots: several players at one machine"),
    "name": ("", "", "as the broker made it unique"),
    "names": ("", "", "of all players, by slot, when the match began here"),
    "match_id": ("", "", "as above"),
    "pid": ("", "", "of the process"),
    "exit_code": ("", "", "see [exit-codes.md](exit-codes.md)"),
    "ended": (
        "",
        "",
        "`finished`, `left` ...: see [events.md](events.md); `killed`: it left no report",
    ),
    "ended_text": ("", "", "the same in words"),
    "frames": ("frames", "last", "played here, guessed ones included"),
    "frames_confirmed": ("frames", "last", "that can no longer change"),
    "final_digest": ("", "last", "of all confirmed frames: equal at peers that played the same game"),
    "digests": ("digests", "sum", "made"),
    "digests_compared": ("digests", "sum", "compared with every other player's"),
    "confirmed_by": ("", "", "names: whose digests are ours to the end; `finished` speaks of these"),
    "substitutes": ("", "", "slots that nobody played at the end: their players were dropped or had left"),
    "substitutes.slot": ("", "", "the slot"),
    "substitutes.name": ("", "", "whose it was when the match began here"),
    "substitutes.from_frame": ("frame", "", "since when a substitute played it"),
    **_SCORES,
    "desyncs": ("", "", "each that was seen: see [desync-playbook.md](desync-playbook.md)"),
    "desyncs.*": ("", "", "frame, fields with both values, between whom, who may have lied"),
    "rollbacks": ("rollbacks", "sum", "a guess was wrong, and frames were played again"),
    "replayed_frames": ("frames", "sum", "played again in them"),
    "max_rollback_depth": ("frames", "most", "played again in one rollback"),
    "rollback_depths": ("", "", "how deep they were"),
    "rollback_depths.*": ("rollbacks", "sum", "of so many frames"),
    "mispredictions": ("frames", "sum", "played with a wrong guess when they were new"),
    "input_delay": ("", "", "from a key to its action"),
    "input_delay.frames": ("frames", "last", "of it"),
    "input_delay.automatic": ("", "last", "does it follow the link?"),
    "input_delay.changes": ("", "", "the newest"),
    "input_delay.changes.*": ("", "", "frame, delay and delay before, and whether it was automatic"),
    "snapshot_interval": ("", "", "how the game is remembered, and what that costs"),
    "snapshot_interval.frames": ("frames", "last", "from one snapshot to the next"),
    "snapshot_interval.captures_spared": ("snapshots", "sum", "not taken"),
    "snapshot_interval.extra_frames": ("frames", "sum", "played again for it"),
    "snapshot_interval.capture_us": ("microseconds", "mean of the newest", "a snapshot"),
    "snapshot_interval.restore_us": ("microseconds", "mean of the newest", "going back"),
    "snapshot_interval.step_us": ("microseconds", "mean of the newest", "a step"),
    "stalls": ("stalls", "sum", "the window was used up: a frame had to wait for others' inputs"),
    "stalled_frames": ("frames", "sum", "that would have been played meanwhile; at least one for each stall"),
    "stalled_s": ("seconds", "sum", "stood still"),
    "longest_stall_s": ("seconds", "longest", "of one stall"),
    "pace": ("", "", "at which all played: see [a slow machine](performance.md#a-slow-machine)"),
    "pace.lowest_fps": ("frames a second", "least", "at any moment"),
    "pace.below_full_s": ("seconds", "sum", "below 95 % of the frame rate"),
    "pace.slowest": ("", "", "whose machine could do no more at the lowest; null: all kept the rate"),
    **_INCOMING,
    "packets_duplicate": ("packets", "sum", "that had come before"),
    "packets_unsent": ("packets", "sum", "a lane was full; the next packet holds the same inputs"),
    "packets_overflowed": ("packets", "sum", "that fell out of the full inbox; likewise"),
    "connections_shut": ("connections", "sum", "of others to us: too many, or with a message without end"),
    "lanes_failed": (
        "lanes",
        "sum",
        "that could not be opened for want of file descriptors; they were tried again",
    ),
    "packets_late": ("packets", "sum", "that a newer one had overtaken on another lane"),
    "second_copies": ("packets", "sum", "that came over a second lane, too"),
    "inputs_in": ("inputs", "sum", "of others, each counted once"),
    "ping_ms": ("", "", "to each other peer and back"),
    "ping_ms.*": ("milliseconds", "mean of the newest", "to this one; null: never measured"),
    "reached_at": ("", "", "where each other peer was reached when the match began"),
    "reached_at.*": ("", "", "address of this one"),
    **_percentiles("input_age_ms", "milliseconds", "of others' newest input when a frame begins", 50, 95, 99),
    **_percentiles("frame_ms", "milliseconds", "from one frame to the next", 50, 99),
    **_percentiles("frame_deviation_ms", "milliseconds", "of that from the frame rate, either way", 50, 99),
    **_percentiles("netcode_us", "microseconds", "of a frame's time outside of the environment", 50, 99),
    "netcode_us_per_frame": ("microseconds", "mean", "outside of the environment, in a frame"),
    "simulation_us_per_frame": ("microseconds", "mean", "in the environment, replaying included, in a frame"),
    "lanes": ("lanes", "", "connections to each other peer"),
    "relayed": ("", "", "did packets take a detour?"),
    "states_given": ("states", "sum", "sent to late comers"),
    "entropy": ("", "", "places where the environment asked for luck or time, and what it got"),
    "entropy.*": ("", "", "file, line, code, source, treatment"),
    **_WATCHED,
    "policies": ("", "", "what each trained player here did"),
    "policies.*": ("", "", "answers, how many were late, how long they took: see [policies.md](policies.md)"),
    "drawing": ("", "", "of the window"),
    "drawing.drawn": ("frames", "sum", "shown"),
    "drawing.dropped": ("frames", "sum", "not shown: there was no time"),
    "drawing.redrawn": ("drawings", "sum", "between frames"),
    "stand_in": ("", "", "did it play only until a person came?"),
    "stand_ins_started": ("processes", "sum", "by this peer, for players who were lost"),
    **_AROUND,
}

SPECTATOR: Final[Keys] = {
    "name": ("", "", "as given"),
    "pid": ("", "", "of the process"),
    "match_id": ("", "", "what was watched"),
    "exit_code": ("", "", "see [exit-codes.md](exit-codes.md)"),
    "ended": ("", "", "as for a peer"),
    "ended_text": ("", "", "the same in words"),
    "frames": ("frames", "last", "followed"),
    "final_digest": ("", "last", "of all of them"),
    "digests_compared": ("digests", "sum", "with the players'"),
    "digests_equal": ("", "", "were all equal, and were there any?"),
    "names": ("", "", "of the players, by slot"),
    **_SCORES,
    **_INCOMING,
    "simulation_us_per_frame": ("microseconds", "mean", "in the environment"),
    **_WATCHED,
    **_AROUND,
}


def undocumented(report: Mapping[str, Any], keys: Keys) -> list[str]:
    """Keys of a report that `keys` does not explain."""
    return sorted({key for key in _paths(report) if not _known(key, keys)})


def _paths(value: object, above: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = str(key).replace(".", "_")
            yield f"{above}{name}"
            yield from _paths(inner, f"{above}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, above)


def _known(key: str, keys: Keys) -> bool:
    if key in keys:
        return True
    above, _, _ = key.rpartition(".")
    while above:
        if f"{above}.*" in keys:
            return True
        above, _, _ = above.rpartition(".")
    return False

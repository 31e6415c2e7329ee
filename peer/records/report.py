"""What a peer says of its match when it is over, and while it goes on."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from typing import Any, Final

import psutil

from netcode.events import InputDelayChanged
from netcode.feeding import Feeder
from netcode.fingerprint import Fingerprint
from netcode.input_delay import InputDelay
from netcode.session import PlayerSession
from netcode.simulator.weather import Weather
from netcode.snapshot_interval import Costs, SnapshotInterval
from netcode.spectator import SpectatorSession
from netcode.stalls import StallWatch
from peer.frame_clock import FrameClock
from peer.network.transport import Transport
from peer.records.desyncs import note_of
from peer.timing import FrameMeter

# What report.json holds of each peer, in every case.
CONTRACT_KEYS: Final = (
    *("slot", "name", "pid", "exit_code", "frames", "frames_confirmed", "final_digest", "rollbacks"),
    *("replayed_frames", "max_rollback_depth", "mispredictions", "stalled_frames", "packets_in"),
    *("packets_out", "bytes_in", "bytes_out", "packets_rejected", "input_age_ms", "frame_ms"),
    *("netcode_us_per_frame", "simulation_us_per_frame", "rss_mb", "lanes", "relayed"),
)


def rss_mb() -> float | None:
    """Of this process. None if it cannot be asked, as when the process can open no more files."""
    try:
        return round(psutil.Process().memory_info().rss / 2**20, 1)
    except (OSError, psutil.Error):
        return None


def peer_report(
    session: PlayerSession, meter: FrameMeter, transport: Transport, name: str, exit_code: int
) -> dict[str, Any]:
    """This peer's entry of report.json; keys as the contract names them, and a few more."""
    stats, stalls, links = session.stats, session.stalls, session.links
    frames = max(session.frame, 1)
    ending = session.ending
    return {
        "slot": session.slots[0],
        "slots": list(session.slots),
        "name": name,
        "pid": os.getpid(),
        "exit_code": exit_code,
        "ended": ending.reason.value if ending else "running",
        "ended_text": ending.text if ending else "",
        "frames": session.frame,
        "frames_confirmed": session.final,
        "final_digest": session.digest.hex(),
        "digests": session.digest_count,
        "digests_compared": session.compared,
        "desyncs": [note_of(event) for event in session.desyncs],
        "rollbacks": stats.rollbacks,
        "replayed_frames": stats.replayed_frames,
        "max_rollback_depth": stats.max_rollback_depth,
        "rollback_depths": {str(depth): stats.depths[depth] for depth in sorted(stats.depths)},
        "mispredictions": session.mispredictions,
        "input_delay": input_delay(session.delay),
        "snapshot_interval": snapshot_interval(session.saving),
        **stall_figures(stalls, session.settings.fps, FrameClock.now()),
        "pace": pace(session, name),
        "packets_in": sum(link.stats.packets_in for link in links),
        "packets_out": sum(link.stats.packets_out for link in links),
        "bytes_in": sum(link.stats.bytes_in for link in links),
        "bytes_out": sum(link.stats.bytes_out for link in links),
        "packets_rejected": sum(link.stats.rejected for link in links) + stats.strangers,
        "packets_duplicate": sum(link.stats.duplicates for link in links),
        "packets_unsent": transport.dropped,
        "rejections": _rejections(session),
        "inputs_in": sum(link.inputs_in for link in links),
        "ping_ms": {link.remote.name: _ms(link.round_trip.seconds) for link in links},
        "input_age_ms": meter.input_age_ms.summary(50, 95, 99),
        "frame_ms": meter.frame_ms.summary(50, 99),
        "frame_deviation_ms": meter.deviation_ms.summary(50, 99),
        "netcode_us": meter.netcode_us.summary(50, 99),
        "netcode_us_per_frame": round(meter.netcode_ns / 1000 / frames, 1),
        "simulation_us_per_frame": round(meter.simulation_ns / 1000 / frames, 1),
        "rss_mb": rss_mb(),
        "lanes": transport.lanes,
        "second_copies": transport.copies,
        "packets_late": transport.late,
        "relayed": False,
    }


def note_of_delay(event: InputDelayChanged) -> dict[str, Any]:
    """What is kept of a change of a player's own delay: plain values, as JSON and msgpack know them."""
    return {
        "frame": event.frame,
        "input_delay": event.delay,
        "before": event.before,
        "automatic": event.automatic,
    }


def input_delay(delay: InputDelay) -> dict[str, Any]:
    """Frames at the end, and the newest changes."""
    return {
        "frames": delay.frames,
        "automatic": delay.automatic,
        "changes": [note_of_delay(change) for change in delay.changes],
    }


def pace(session: PlayerSession, name: str) -> dict[str, Any]:
    """How far the match was played below its frame rate, and because of whose machine; None: it was not."""
    watch = session.common_pace.watch
    slowed = watch.lowest < watch.fps
    return {
        "lowest_fps": round(watch.lowest, 1),
        "below_full_s": round(watch.seconds, 2),
        "slowest": (watch.lowest_by or name) if slowed else None,
    }


def stall_figures(stalls: StallWatch, fps: float, now: float) -> dict[str, Any]:
    """With the one that goes on at `now`, if there is one. A stall is at least one frame that came late."""
    present = 0.0 if stalls.since is None else max(0.0, now - stalls.since)
    seconds = stalls.seconds + present
    return {
        "stalls": stalls.count,
        "stalled_frames": max(stalls.count, round(seconds * fps)),
        "stalled_s": round(seconds, 3),
        "longest_stall_s": round(max(stalls.longest_s, present), 3),
    }


def versions(game: Fingerprint) -> dict[str, str]:
    """What ran here: Python, the platform, netplay, and the packages that the environment is made of."""
    packages = {
        key.removeprefix("version."): value for key, value in dict(game).items() if key.startswith("version.")
    }
    return {"python": platform.python_version(), "platform": platform.platform(), **packages}


def as_told(weather: Weather | None) -> dict[str, float] | None:
    """What is emulated on what comes in; None: nothing."""
    return None if weather is None else asdict(weather)


def snapshot_interval(saving: SnapshotInterval) -> dict[str, Any]:
    """Every how many frames a snapshot was taken in the end, what it follows from, spared and cost."""
    costs = saving.costs or Costs(0.0, 0.0, 0.0)
    return {
        "frames": saving.interval,
        "captures_spared": saving.spared,
        "extra_frames": saving.extra,
        "capture_us": round(costs.capture * 1e6, 1),
        "restore_us": round(costs.restore * 1e6, 1),
        "step_us": round(costs.step * 1e6, 1),
    }


def watched(feeder: Feeder) -> dict[str, Any]:
    """How many watched through this process, and what that took."""
    stats = feeder.stats
    return {
        "watchers": feeder.most_at_once,
        "packets_in": stats.packets_in,
        "packets_out": stats.packets_out,
        "bytes_in": stats.bytes_in,
        "bytes_out": stats.bytes_out,
        "packets_rejected": stats.rejected,
        "rejections": stats.rejections,
    }


def report_of_killed(name: str, last_words: str, status: dict[str, Any]) -> dict[str, Any]:
    """The entry of a peer that could not write its own: its last status; None for what nobody knows."""
    known = {key: status.get(key) for key in CONTRACT_KEYS}
    known |= {"frames": status.get("frame"), "frames_confirmed": status.get("confirmed")}
    known["input_age_ms"] = None  # a status has the newest only
    return known | {"name": name, "ended": "killed", "ended_text": last_words}


def peer_status(session: PlayerSession, name: str) -> dict[str, Any]:
    """A few numbers for a live table; cheap enough for several times a second."""
    pings = [link.round_trip.seconds for link in session.links if link.round_trip.seconds is not None]
    return {
        "slot": session.slots[0],
        "name": name,
        "phase": session.phase.name.lower(),
        "frame": session.frame,
        "confirmed": session.confirmed,
        "rollbacks": session.stats.rollbacks,
        "replayed_frames": session.stats.replayed_frames,
        "stalled_s": round(session.stalls.seconds, 2),
        "waiting_for": list(session.waiting_for()) if session.stalls.since is not None else [],
        "ping_ms": _ms(max(pings, default=None)),
        "input_age_ms": _ms(session.input_age),
        "compared": session.compared,
        "input_delay": session.input_delay,
    }


def watch_status(session: SpectatorSession, name: str) -> dict[str, Any]:
    """A few numbers for a live table."""
    played, frames = session.progress
    return {
        "name": name,
        "phase": "live" if session.live else "catching up",
        "frame": played,
        "confirmed": played,
        "of": frames,
        "source": session.reader.source,
        "compared": session.compared,
        "watchers": len(session.feeder.watchers),
    }


def _rejections(session: PlayerSession) -> dict[str, int]:
    counts: dict[str, int] = {}
    for link in session.links:
        for reason, number in link.stats.rejections.items():
            counts[reason] = counts.get(reason, 0) + number
    if session.stats.strangers:
        counts["from nobody we know"] = session.stats.strangers
    return counts


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)

"""How old inputs are on bad links: lanes against raw UDP, in one run over one emulated link (root)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rows import Row

sys.path.insert(0, str(Path(__file__).parents[1] / "processes"))
from lossy_link import ADDRESSES, LossyLink, NoLinkError

from netcode.simulator.weather import Weather

PROBE = Path(__file__).parent / "age_probe.py"
SECONDS = 40
WARM_UP = 5 * 60  # frames until the number of lanes has settled
FRAME = 1000 / 60

LINKS = {
    "50+-10 ms, 3 % lost": (Weather(50, 10, loss=0.03), 1.05),
    "50+-10 ms, 5 % lost in bursts of 60 ms": (Weather(50, 10, burst_loss=0.05, burst_ms=60), 1.15),
    "20+-3 ms, 0.5 % lost": (Weather(20, 3, loss=0.005), 1.05),
    "Wi-Fi: 3+-3 ms, 1 % lost": (Weather(3, 3, loss=0.01), 1.05),
}
ELSEWHERE = {  # one ZeroMQ connection, against UDP measured beside it
    "50+-10 ms, 3 % lost": "one connection 2.5 x",
    "50+-10 ms, 5 % lost in bursts of 60 ms": "one connection 2.1 x",
    "20+-3 ms, 0.5 % lost": "one connection 1.7 x",
    "Wi-Fi: 3+-3 ms, 1 % lost": "one connection 1.4 x",
}
LAN = Weather(0.2, 0.05)
OUTAGES = {1.0: "ZeroMQ as it comes: 1,034 ms", 3.0: "1,044 ms", 8.0: "8,272 ms"}


def rows() -> list[Row]:
    try:
        LossyLink(LAN).close()
    except NoLinkError as error:
        return [Row(f"input age: skipped, {error}", 0.0, "", "")]
    measured: list[Row] = []
    for name, (weather, bar) in LINKS.items():
        measured += _ages(name, weather, bar)
    return [*measured, *_outages(), *_costs()]


def run(weather: Weather, kind: str, beside: str, seconds: float, events: Any = None) -> list[dict[str, Any]]:
    """Both ends' report. `events(link)` runs beside them. Adds the bytes that came in at each end."""
    with LossyLink(weather) as link:
        words = [(here, ADDRESSES[1 - number]) for number, here in enumerate(ADDRESSES)]
        ends = [
            subprocess.Popen(
                link.command(number, sys.executable, PROBE, *addresses, seconds, kind, beside),
                stdout=subprocess.PIPE,
                text=True,
            )
            for number, addresses in enumerate(words)
        ]
        beside_them = threading.Thread(target=events or (lambda _: None), args=(link,))
        beside_them.start()
        told = [json.loads(end.communicate()[0]) for end in ends]
        beside_them.join()
        for number, one in enumerate(told):
            one["bytes_in"] = _bytes_in(link, number)
    return told


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _ages(name: str, weather: Weather, bar: float) -> list[Row]:
    told = run(weather, "lanes", "udp", SECONDS)
    lanes, udp = ([age for one in told for age in one["ages"][way][WARM_UP:]] for way in ("lanes", "udp"))
    late = [_late(ages, weather) for ages in (lanes, udp)]
    used = max(one["lanes"] for one in told)
    return [
        Row(f"input age p95, {name}: lanes / UDP", percentile(lanes, 0.95) / percentile(udp, 0.95), "x", ""),
        Row(
            f"input age p99, {name}: lanes / UDP ({percentile(udp, 0.99):.0f} ms, {used} lanes)",
            percentile(lanes, 0.99) / percentile(udp, 0.99),
            "x",
            f"at most {bar}",
            ELSEWHERE[name],
        ),
        Row(
            f"frames with an input 2 or more late, {name}: more than UDP", late[0] - late[1], "%", "at most 1"
        ),
    ]


def _late(ages: list[float], weather: Weather) -> float:
    """Percent of frames whose newest input is two or more frames older than the link explains."""
    usual = weather.delay_ms + weather.jitter_ms + FRAME
    return 100 * sum(age >= usual + 2 * FRAME for age in ages) / len(ages)


def _outages() -> list[Row]:
    measured = []
    weather = Weather(20, 3, loss=0.005)
    for seconds, elsewhere in OUTAGES.items():
        back: list[float] = []

        def cut(link: LossyLink, seconds: float = seconds, back: list[float] = back) -> None:
            time.sleep(6)
            link.cut(True)
            time.sleep(seconds)
            link.cut(False)
            back.append(time.monotonic())

        told = run(weather, "lanes", "udp", 6 + seconds + 4, cut)
        waits = {
            way: max(min(at for at in one["arrivals"][way] if at > back[0]) - back[0] for one in told) * 1000
            for way in ("lanes", "udp")
        }
        name = f"first input after an outage of {seconds:g} s (UDP {waits['udp']:.0f} ms)"
        measured.append(Row(name, waits["lanes"], "ms", "at most 150", elsewhere))
    return measured


def _costs() -> list[Row]:
    lanes, one, none = (run(LAN, kind, "alone", 20) for kind in ("lanes", "one", "none"))
    bad = run(LINKS["50+-10 ms, 3 % lost"][0], "lanes", "alone", 20)

    def most(told: list[dict[str, Any]], key: str) -> float:
        return max(end[key] for end in told)

    byte_ratio = most(lanes, "bytes_in") / most(one, "bytes_in")
    clean, lossy = (100 * (most(told, "cpu") - most(none, "cpu")) for told in (lanes, bad))
    return [
        Row("bytes on a clean LAN: lanes / one connection", byte_ratio, "x", "at most 1.3"),
        Row("transport on a clean LAN", clean, "% of a core", "at most 3"),
        Row("transport on 50+-10 ms, 3 % lost", lossy, "% of a core", "at most 7"),
    ]


def _bytes_in(link: LossyLink, machine: int) -> int:
    table = subprocess.run(
        link.command(machine, "cat", "/proc/net/dev"), capture_output=True, text=True, check=True
    )
    (line,) = [line for line in table.stdout.splitlines() if line.strip().startswith("bad0:")]
    return int(line.split(":")[1].split()[0])

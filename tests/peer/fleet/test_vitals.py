"""What counts as a leak, and what does not."""

from __future__ import annotations

import psutil
import pytest

from peer.fleet.vitals import WARM_UP, Sample, Vitals


def vitals(rss: list[float], threads: int = 4, fds: int = 20, grow: str = "") -> Vitals:
    watched = Vitals("p", psutil.Process())
    for second, mb in enumerate(rss):
        late = second if grow else 0
        watched.samples.append(
            Sample(
                at=WARM_UP + second,
                cpu_percent=1.0,
                rss_mb=mb,
                threads=threads + (late if grow == "threads" else 0),
                fds=fds + (late * 2 if grow == "fds" else 0),
            )
        )
    return watched


def test_what_goes_up_and_down_is_no_leak() -> None:
    assert vitals([86, 96, 86, 96, 96, 86, 96, 96, 98, 96, 96, 96] * 2).leak() is None


def test_steady_growth_is_named() -> None:
    assert vitals([80 + 3 * second for second in range(20)]).leak() == "p: memory grew from 95 to 122 MB"


@pytest.mark.parametrize(("grow", "says"), [("threads", "threads grew"), ("fds", "file descriptors grew")])
def test_threads_and_descriptors(grow: str, says: str) -> None:
    assert says in (vitals([80.0] * 24, grow=grow).leak() or "")


def test_start_up_is_not_looked_at() -> None:
    watched = vitals([90.0] * 12)
    watched.samples.insert(0, Sample(at=0.0, cpu_percent=1.0, rss_mb=20.0, threads=1, fds=4))
    assert watched.leak() is None


def test_a_real_look() -> None:
    watched = Vitals("me", psutil.Process())
    watched.look()
    assert watched.samples[0].rss_mb > 5 and watched.samples[0].threads >= 1
    assert watched.summary()["threads_max"] == watched.samples[0].threads

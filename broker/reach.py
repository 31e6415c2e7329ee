"""Can two players reach each other at all? As far as their addresses say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from netcode.wire.lobby import Join


def why_apart(one: Join, others: Iterable[Join]) -> str | None:
    """Why `one` and some of the `others` cannot play together, and what to do; None if they may."""
    for other in others:
        for here in (one, other):
            if one.host != other.host and _is_on_loopback_only(here):
                return (
                    f"{here.name} listens on its own machine only, and others are on another: "
                    f"start {here.name} without --bind, or with its address in this network"
                )
    return None


def _is_on_loopback_only(join: Join) -> bool:
    hosts = [endpoint.removeprefix("tcp://").rpartition(":")[0].strip("[]") for endpoint in join.endpoints]
    return bool(hosts) and all(ip_address(host).is_loopback for host in hosts)

"""Objects of C that never change. Classes of the same names stand for what is not installed."""

from __future__ import annotations

from typing import Any

import pytest

from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore

GEOMETRY: Any = type("Geometry", (), {"__module__": "shapely.lib", "__slots__": ("wkb",)})
JITTED: Any = type("CPUDispatcher", (), {"__module__": "numba.core.registry", "__slots__": ("calls",)})
IMAGE: Any = type("Image", (), {"__module__": "PIL.Image"})


def geometry(wkb: bytes) -> Any:
    made = GEOMETRY()
    made.wkb = wkb
    return made


def digest(*objects: Any) -> bytes:
    snapshot = capture([list(objects)])
    return digest_snapshot(snapshot, snapshot.roots)


def test_geometries_count_by_value() -> None:
    assert digest(geometry(b"point")) == digest(geometry(b"point"))
    assert digest(geometry(b"point")) != digest(geometry(b"line"))


def test_compiled_functions_and_images_of_libraries_are_passed_by() -> None:
    jitted, image = JITTED(), IMAGE()
    before, snapshot = digest(jitted, image), capture([[jitted, image]])
    jitted.calls, image.pixels = 3, [1]
    assert digest(jitted, image) == before
    restore(snapshot)
    assert (jitted.calls, image.pixels) == (3, [1])


def test_shapely_itself() -> None:
    shapely: Any = pytest.importorskip("shapely", reason="shapely is not installed: pip install shapely")
    assert digest(shapely.Point(1, 2)) == digest(shapely.Point(1, 2))
    assert digest(shapely.Point(1, 2)) != digest(shapely.Point(1, 3))


def test_trees_of_scipy() -> None:
    spatial: Any = pytest.importorskip("scipy.spatial", reason="scipy is not installed: pip install scipy")
    for kind in (spatial.KDTree, spatial.cKDTree):
        assert digest(kind([[0, 1]])) == digest(kind([[0, 1]]))
        assert digest(kind([[0, 1]])) != digest(kind([[0, 2]]))


def test_time_zones() -> None:
    zones: Any = pytest.importorskip("zoneinfo")
    assert digest(zones.ZoneInfo("UTC")) == digest(zones.ZoneInfo("UTC"))

"""Objects of C that never change. Classes of the same names stand for what is not installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from peer.simulation.state.diff import differences, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore

GEOMETRY: Any = type("Geometry", (), {"__module__": "shapely.lib", "__slots__": ("wkb",)})
JITTED: Any = type("CPUDispatcher", (), {"__module__": "numba.core.registry", "__slots__": ("calls",)})
ARRAY: Any = type(
    "ArrayImpl", (), {"__module__": "jaxlib._jax", "__array__": lambda array, **_: array.elements}
)
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


def test_arrays_of_jax_count_by_value() -> None:
    def array(*elements: float) -> Any:
        made = ARRAY()
        made.elements = np.array(elements, np.float32)
        return made

    one, other = array(1, 2), array(1, 3)
    assert digest(one, one) == digest(array(1, 2), array(1, 2)), "identity is nobody's business"
    assert len({digest(one), digest(other), digest(array())}) == 3
    flat = [flatten(capture([[it]]), [("x", it)]) for it in (one, other)]
    assert differences(*flat)[0].startswith("x.bytes[17:25]: ")


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


def test_jax_itself() -> None:
    jax: Any = pytest.importorskip("jax", reason="jax is not installed: pip install jax")
    for make in (jax.numpy.float32, jax.random.key, jax.random.PRNGKey):
        assert digest(make(1)) == digest(make(1))
        assert digest(make(1)) != digest(make(2))
    assert len(capture([[jax.jit(lambda x: x + 1)]])) == 1


def test_trees_of_scipy() -> None:
    spatial: Any = pytest.importorskip("scipy.spatial", reason="scipy is not installed: pip install scipy")
    for kind in (spatial.KDTree, spatial.cKDTree):
        assert digest(kind([[0, 1]])) == digest(kind([[0, 1]]))
        assert digest(kind([[0, 1]])) != digest(kind([[0, 2]]))


def test_time_zones() -> None:
    zones: Any = pytest.importorskip("zoneinfo")
    assert digest(zones.ZoneInfo("UTC")) == digest(zones.ZoneInfo("UTC"))

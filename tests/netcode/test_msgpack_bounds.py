"""The only decoder: bounded, and with one kind of error."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.errors import RemoteProtocolError
from netcode.limits import MAX_FIELDS, MAX_TEXT_BYTES
from netcode.wire.msgpack_bounds import pack, unpack

TREES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.binary(max_size=20),
    ),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(TREES)
def test_what_is_packed_comes_back(value):
    assert unpack(pack(value), 1_000_000) == value


@pytest.mark.parametrize(
    "value", ["x" * (MAX_TEXT_BYTES + 1), [0] * 1025, {str(n): 0 for n in range(MAX_FIELDS + 1)}, b"x" * 5000]
)
def test_each_bound_holds(value):
    with pytest.raises(RemoteProtocolError):
        unpack(msgpack.packb(value), 4096)


@pytest.mark.parametrize("value", ["x" * MAX_TEXT_BYTES, [0] * 1024, {str(n): 0 for n in range(MAX_FIELDS)}])
def test_each_bound_can_be_reached(value):
    assert unpack(msgpack.packb(value), 4096) == value

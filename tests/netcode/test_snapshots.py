"""The snapshot ring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.errors import LocalProtocolError
from netcode.snapshots import SnapshotRing


@given(st.integers(1, 12), st.lists(st.integers(0, 3), max_size=60))
def test_the_ring_holds_what_was_saved_and_not_yet_overwritten(capacity, gaps):
    ring, model, frame = SnapshotRing(capacity), {}, 0
    for gap in gaps:
        frame += gap
        ring.save(frame, f"state {frame}")
        model = {f: s for f, s in model.items() if f % capacity != frame % capacity}
        model[frame] = f"state {frame}"
        for asked in range(frame + 3):
            assert ring.holds(asked) == (asked in model)
            if asked in model:
                assert ring.before(asked) == model[asked]
            else:
                with pytest.raises(LocalProtocolError, match=str(asked)):
                    ring.before(asked)

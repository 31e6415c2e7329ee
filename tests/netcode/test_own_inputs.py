"""Own inputs are kept until all hold them, and no longer."""

from hypothesis import given
from hypothesis import strategies as st

from netcode.own_inputs import OwnInputs


@given(st.integers(1, 5), st.integers(0, 4), st.lists(st.booleans(), max_size=60), st.data())
def test_what_is_not_forgotten_comes_back_in_one_piece(stride, delay, calls, data):
    own, model, oldest = OwnInputs(stride, delay), [], delay
    for append in calls:
        if append:
            model.append(bytes([len(model) % 256]) * stride)
            own.append(model[-1])
        else:
            oldest = data.draw(st.integers(oldest, delay + len(model)))
            own.forget_before(oldest)
        assert own.count == delay + len(model)
        for frame in range(oldest, own.count + 1):
            assert own.since(frame) == b"".join(model[frame - delay :])
        assert len(own._data) == (own.count - oldest) * stride


def test_forgetting_less_than_before_changes_nothing():
    own = OwnInputs(1, 2)
    for data in (b"a", b"b", b"c"):
        own.append(data)
    own.forget_before(4)
    own.forget_before(3)
    own.forget_before(0)
    assert own.since(4) == b"c"

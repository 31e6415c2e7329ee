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
            before = data.draw(st.integers(0, delay + len(model)))
            own.forget_before(before)
            oldest = max(oldest, before)  # less than before changes nothing
        assert own.count == delay + len(model)
        for frame in range(oldest, own.count + 1):
            assert own.since(frame) == b"".join(model[frame - delay :])
        assert len(own._data) == (own.count - oldest) * stride

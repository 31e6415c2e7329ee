"""What cannot be played is refused before it begins, in one line that says what to do."""

import pytest
from facing import Facing, match_settings

from netcode.errors import ConfigError
from netcode.limits import MAX_PACKET_BYTES, MAX_TEXT_BYTES
from netcode.link import Identity
from netcode.match_checks import check_hello, check_match, largest_packet
from netcode.wire.packets import Inputs, decode


def settings(**values):
    return match_settings(players=2, **values)


@pytest.mark.parametrize(
    ("owners", "sizes", "says"),
    [
        ([[0], [0]], [1, 1], "slots [0, 0]"),
        ([[0], [2]], [1, 1], "slots [0, 2]"),
        ([[0]], [1, 1], "slots [0]"),
        ([[0, 1], []], [1, 1], "2 peers"),
        ([[0], [1]], [1], "1 slots"),
        ([[0], [1]], [1, 0], "[1, 0] bytes"),
        ([[0], [1]], [1, 513], "513"),
    ],
)
def test_slots_and_sizes_must_make_up_a_match(owners, sizes, says):
    with pytest.raises(ConfigError) as caught:
        check_match(settings(), owners, sizes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_inputs_that_outgrow_a_packet_are_refused():
    with pytest.raises(ConfigError, match="smaller window"):
        check_match(settings(window=60), [[0], [1]], [1, 512])
    check_match(settings(window=1, input_delay=0), [[0], [1]], [512, 512])


def test_a_timeout_shorter_than_the_frames_is_refused():
    with pytest.raises(ConfigError, match="disconnect_timeout"):
        check_match(settings(fps=1, disconnect_timeout=1), [[0], [1]], [1, 1])


def test_settings_that_no_hello_can_carry_are_refused():
    check_hello(Identity(settings().fields(), {"a": "x" * MAX_TEXT_BYTES}))
    with pytest.raises(ConfigError, match="do not fit"):
        check_hello(Identity(settings().fields(), {"a": "x" * (MAX_TEXT_BYTES + 1)}))
    with pytest.raises(ConfigError, match="do not fit"):
        check_hello(Identity(settings().fields(), {str(n): "x" * 100 for n in range(100)}))


@pytest.mark.parametrize(
    "values",
    [
        {"window": 60, "input_delay": 30, "digest_interval": 1},
        {"window": 0, "input_delay": 0},
        {"window": 8, "input_delay": 2},
    ],
)
def test_no_packet_of_a_bad_match_is_larger_than_was_promised(values):
    """Long outages of one direction at a time fill packets as far as they can be filled."""
    match, largest = Facing(players=2, **values), 0

    def keep(sender, receiver, data):
        nonlocal largest
        if isinstance(decode(data), Inputs):
            largest = max(largest, len(data))
        lost = int(match.now / 1.5) % 3  # 0: all arrives; else one direction is dead
        return not (lost and sender == lost - 1)

    match.run(900, keep)
    promised = largest_packet(match[0].session.settings, 1)
    assert largest <= promised <= MAX_PACKET_BYTES
    assert largest > promised / 4, "the bound would be no bound"
    assert match[0].session.confirmed > 60

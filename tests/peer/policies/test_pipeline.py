"""What the policy sees of what the environment shows."""

from __future__ import annotations

import numpy as np

from peer.policies.options import PolicyOptions
from peer.policies.pipeline import ObservationPipeline


def seen(observations, **options):
    pipeline = ObservationPipeline(PolicyOptions(**options))
    return [pipeline.see(one) for one in observations]


def test_without_options_it_passes_whatever_it_is():
    shown = {"observation": np.zeros(2), "action_mask": [1]}
    assert seen([shown]) == [shown]


def test_stacks_are_oldest_first_and_begin_with_the_first_frame_repeated():
    one, two = seen([np.array([1, 2]), np.array([3, 4])], frame_stack=3)
    assert one.tolist() == [1, 2] * 3
    assert two.tolist() == [1, 2, 1, 2, 3, 4]


def test_a_new_episode_stacks_nothing_of_the_last():
    pipeline = ObservationPipeline(PolicyOptions(frame_stack=2))
    pipeline.see(np.array([1]))
    pipeline.reset()
    assert pipeline.see(np.array([5])).tolist() == [5, 5]


def test_pictures_are_made_gray_small_and_stacked_along_their_channels():
    picture = np.zeros((8, 6, 3), np.uint8)
    picture[:, 3:] = (0, 255, 0)
    (small,) = seen([picture], grayscale=True, resize=(2, 2), frame_stack=4)
    assert small.shape == (2, 2, 4)
    assert small.dtype == np.uint8
    assert small[0, 0].tolist() == [0] * 4
    assert small[0, 1].tolist() == [149] * 4


def test_channels_come_first_of_what_was_stacked_where_a_model_wants_them_so():
    first, second = np.zeros((5, 7, 3), np.uint8), np.full((5, 7, 3), 9, np.uint8)
    *_, turned = seen([first, second], frame_stack=2, channels_first=True)
    assert turned.shape == (6, 5, 7)
    assert turned[:, 0, 0].tolist() == [0, 0, 0, 9, 9, 9]
    assert seen([np.arange(3)], channels_first=True)[0].tolist() == [0, 1, 2]


def test_numbers_are_scaled_and_flattened():
    (flat,) = seen([np.full((2, 3), 255, np.uint8)], scale=1 / 255, flatten=True)
    assert flat.dtype == np.float32
    assert flat.tolist() == [1.0] * 6


def test_the_board_of_a_turn_based_game_is_taken_from_beside_its_mask():
    (flat,) = seen([{"observation": np.eye(2), "action_mask": [1, 0]}], flatten=True)
    assert flat.tolist() == [1, 0, 0, 1]

"""Who is ahead waits a little, who is behind hurries a little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.limits import MAX_FRAME, MAX_WINDOW
from netcode.pacing import (
    DEAD_ZONE,
    GAIN,
    MAX_SHORTEN,
    MAX_STRETCH,
    SLOWED_STRETCH,
    LeadEstimate,
    frame_length,
)

LEADS = st.lists(st.floats(-1e9, 1e9), max_size=8)


@given(LEADS)
def test_a_frame_is_never_changed_by_more_than_a_person_notices(leads):
    assert 1 - MAX_SHORTEN <= frame_length(1.0, leads) <= 1 + MAX_STRETCH


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_the_further_ahead_the_longer_the_frame(one, other):
    low, high = sorted([one, other])
    assert frame_length(1.0, [low]) <= frame_length(1.0, [high])


def test_small_leads_are_left_alone():
    assert frame_length(0.02, []) == frame_length(0.02, [DEAD_ZONE * 0.99]) == 0.02
    assert frame_length(0.02, [-DEAD_ZONE * 0.99]) == 0.02


def test_the_largest_lead_counts():
    assert frame_length(1.0, [-5.0, 2.0]) == frame_length(1.0, [2.0]) > 1.0
    assert frame_length(1.0, [-5.0, 0.0]) == 1.0


def test_in_slow_frames_a_lead_is_mended_in_the_same_time():
    """Over three times as long a frame, three times as much of it; and more than at the full rate."""
    assert frame_length(1.0, [1.0], 3.0) == pytest.approx(3.0 * (1 + 3 * GAIN))
    assert frame_length(1.0, [20.0], 2.0) == 2.0 * (1 + SLOWED_STRETCH)
    assert frame_length(1.0, [-20.0], 2.0) == 2.0 * (1 - MAX_SHORTEN)
    ordinary, slow = LeadEstimate(), LeadEstimate()
    for _ in range(3):
        ordinary.sample(5, -1)
    slow.sample(5, -1, 3.0)
    assert slow.frames == pytest.approx(ordinary.frames, rel=0.15)


def test_the_estimate_settles_on_half_the_difference():
    lead = LeadEstimate()
    for _ in range(200):
        lead.sample(5, -1)
    assert lead.frames == pytest.approx(3.0)


def test_an_impossible_claim_is_bounded():
    lead = LeadEstimate()
    lead.sample(-MAX_FRAME, MAX_FRAME)
    assert abs(lead.frames) <= MAX_WINDOW

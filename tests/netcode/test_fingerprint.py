"""Fingerprints: equal or not, and where not."""

from hypothesis import given
from hypothesis import strategies as st

from netcode.fingerprint import fingerprint_digest, first_difference

FINGERPRINTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4)


@given(FINGERPRINTS, FINGERPRINTS)
def test_digest_and_difference_agree_with_equality(ours, theirs):
    assert (fingerprint_digest(ours) == fingerprint_digest(theirs)) == (ours == theirs)
    assert (first_difference(ours, theirs) is None) == (ours == theirs)


def test_the_order_of_fields_does_not_matter():
    assert fingerprint_digest({"a": "1", "b": "2"}) == fingerprint_digest({"b": "2", "a": "1"})


def test_text_cannot_slide_from_one_field_into_the_next():
    assert fingerprint_digest({"a": "bc"}) != fingerprint_digest({"ab": "c"})


def test_the_differing_field_is_named_with_both_values():
    assert (
        first_difference({"env": "x", "numpy": "2"}, {"env": "x", "numpy": "1"}) == "numpy: 2 here, 1 there"
    )
    assert first_difference({}, {"numpy": "1"}) == "numpy: (absent) here, 1 there"
    assert first_difference({"numpy": "1"}, {}) == "numpy: 1 here, (absent) there"

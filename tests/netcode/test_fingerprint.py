"""Fingerprints: equal or not, and where not."""

from hypothesis import given
from hypothesis import strategies as st

from netcode.fingerprint import difference, fingerprint_digest

FINGERPRINTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4)


@given(FINGERPRINTS, FINGERPRINTS)
def test_digest_and_difference_agree_with_equality(ours, theirs):
    assert (fingerprint_digest(ours) == fingerprint_digest(theirs)) == (ours == theirs)
    assert (difference(ours, theirs) is None) == (ours == theirs)


def test_the_order_of_fields_does_not_matter():
    assert fingerprint_digest({"a": "1", "b": "2"}) == fingerprint_digest({"b": "2", "a": "1"})


def test_text_cannot_slide_from_one_field_into_the_next():
    assert fingerprint_digest({"a": "bc"}) != fingerprint_digest({"ab": "c"})


def test_the_differing_field_is_named_with_both_values():
    assert difference({"env": "x", "numpy": "2"}, {"env": "x", "numpy": "1"}) == "numpy: 2 here, 1 there"
    assert difference({}, {"numpy": "1"}) == "numpy: (absent) here, 1 there"
    assert difference({"numpy": "1"}, {}) == "numpy: 1 here, (absent) there"


def test_all_differing_fields_are_named_in_one_line_and_long_values_where_they_differ():
    ours = {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}
    theirs = {**ours, "b": "9", "d": "8"}
    assert difference(ours, theirs) == "b: 2 here, 9 there; d: 4 here, 8 there"
    assert difference(ours, {}).endswith("c: 3 here, (absent) there; and 2 more")
    long = "x" * 300 + "{}" + "y" * 300
    told = difference({"spec": long.format(500)}, {"spec": long.format(200)})
    assert "500y" in told and "200y" in told
    assert len(told) < 200

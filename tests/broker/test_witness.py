"""The broker as witness: of the halves of one split it names one, whoever asks and however often."""

from itertools import combinations

from broker.witness import MATCHES_WITNESSED, NAMED_KEPT, Witness
from netcode.wire.testimony import AskWitness

ANN, BOB, EVE = (name.ljust(16, b".") for name in (b"ann", b"bob", b"eve"))


def witness_of_one():
    witness = Witness()
    witness.made("m", {ANN, BOB})
    return witness


def ask(witness, here, lost, member=ANN, match_id="m"):
    return witness.judge(AskWitness(member, match_id, tuple(here), tuple(lost))).granted


def test_the_first_to_ask_is_named_and_the_other_never():
    witness = witness_of_one()
    assert ask(witness, (2, 3), (0, 1))
    for _ in range(3):
        assert not ask(witness, (0, 1), (2, 3), BOB)
        assert ask(witness, (2, 3), (0, 1), BOB)


def test_sides_that_share_nobody_are_never_both_named():
    """Whatever is asked about one split, in whatever order: any two sides named have a member in common."""
    everybody = frozenset(range(4))
    sides = [frozenset(side) for side in combinations(everybody, 2)]
    for first, second, third in zip(sides, sides[2:] + sides[:2], sides[::-1], strict=True):
        witness = witness_of_one()
        named = [
            side for side in (first, second, third) if ask(witness, sorted(side), sorted(everybody - side))
        ]
        assert named and all(one & other for one, other in combinations(named, 2))


def test_the_side_named_may_be_split_again_and_be_joined_by_others():
    witness = witness_of_one()
    assert ask(witness, (0, 1), (2, 3))
    assert ask(witness, (6, 7), (0, 1))  # came into the slots of 2 and 3, and lost 0 and 1
    assert ask(witness, (7,), (6,))
    assert not ask(witness, (6,), (7,))
    assert not ask(witness, (0, 1), (6, 7))
    assert not ask(witness, (2, 3), (0, 1))


def test_only_who_plays_may_ask_and_only_about_matches_of_this_broker():
    witness = witness_of_one()
    assert not ask(witness, (0,), (1,), EVE)
    assert not ask(witness, (0,), (1,), match_id="another")
    witness.admit("m", EVE)
    witness.admit("another", EVE)
    assert ask(witness, (0,), (1,), EVE)
    assert not ask(witness, (0,), (1,), EVE, "another")


def test_what_is_kept_is_bounded():
    witness = Witness()
    for number in range(MATCHES_WITNESSED + 1):
        witness.made(f"m{number}", {ANN})
    assert not ask(witness, (0,), (1,), match_id="m0")
    assert ask(witness, (0,), (1,), match_id="m1")
    witness = witness_of_one()
    assert sum(ask(witness, (0,), (lost,)) for lost in range(1, NAMED_KEPT + 9)) == NAMED_KEPT

"""Whatever arrives in place of a state is refused, and the simulation stays as it was."""

from __future__ import annotations

import copy
import random
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from state_sender import random_inputs

from netcode.errors import RemoteProtocolError
from netcode.limits import MAX_STATE_BYTES, MAX_STRUCTURE_BYTES
from netcode.settings import MatchSettings
from peer.simulation.environment_simulation import EnvironmentSimulation
from peer.simulation.state import rng_states
from peer.simulation.state.format import Tag

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)


class Victim:
    """A simulation, an honest state for it, and what it must still be after each attack."""

    def __init__(self, env: str, players: int) -> None:
        match = MatchSettings(env=env, players=players)
        sender, self.simulation = EnvironmentSimulation(match), EnvironmentSimulation(match)
        for frame in random_inputs(sender, 30, seed=1):
            sender.step(frame)
        self.honest = sender.encode_state()
        self.confirmed = sender.digest()
        self.plain = zlib.decompress(self.honest)
        self.message = msgpack.unpackb(self.plain)
        self.structure = msgpack.unpackb(self.message[5])
        self.fresh = self.simulation.capture()
        self.digest = self.simulation.digest()

    def forge(self, structure: object, blobs: object = None, **changes: Any) -> bytes:
        message = [*self.message[:5], msgpack.packb(structure), self.message[6] if blobs is None else blobs]
        names = ["format", "episode", "blind", "beginning", "rngs"]
        for name, value in changes.items():
            message[names.index(name)] = value
        return zlib.compress(msgpack.packb(message))

    def attack(self, data: bytes) -> str | None:
        """Why it was refused; None if it was taken for a state, which a digest must then refuse."""
        try:
            loaded = self.simulation.load_state(data)
        except RemoteProtocolError as error:
            assert self.simulation.digest() == self.digest
            assert "\n" not in str(error)
            return str(error)
        assert loaded == self.simulation.digest()
        self.simulation.restore(self.fresh)
        assert self.simulation.digest() == self.digest
        if loaded != self.confirmed:
            with pytest.raises(RemoteProtocolError):
                self.simulation.load_state(data, {self.confirmed})
        return None


@pytest.fixture(scope="module")
def zoo() -> Victim:
    return Victim("state_games:Zoo", 2)


@pytest.fixture(scope="module")
def pole() -> Victim:
    return Victim("CartPole-v1", 1)


@pytest.fixture(scope="module")
def archers() -> Victim:
    return Victim("pettingzoo:butterfly/knights_archers_zombies_v11", 4)


def places(tree: Any) -> Iterator[tuple[list[Any], int]]:
    """Every list in a tree, and every index in it."""
    for index, item in enumerate(tree):
        yield tree, index
        if isinstance(item, list):
            yield from places(item)


TAGS = [value for name, value in vars(Tag).items() if name.isupper()]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.sampled_from([2**31, 2**63, -(2**63), 2**64 - 1, 10**9]),
    st.floats(),
    st.sampled_from(["", "d", "<f8", "|O", "<U9", "|b1", "__class__", "__dict__", "walk", "\x00"]),
    st.binary(max_size=20),
    st.integers(0, 400).map(lambda number: [number]),
    st.builds(
        lambda tag, rest: [tag, *rest], st.sampled_from(TAGS), st.lists(st.integers(-1, 40), max_size=3)
    ),
    st.lists(st.integers(0, 9), max_size=4),
)


def mutated(victim: Victim, rng: random.Random, odd: list[Any]) -> bytes:
    """An honest structure in which a few things are something else, or somewhere else."""
    structure, blobs = copy.deepcopy([victim.structure, victim.message[6]])
    for value in odd:
        everywhere = list(places(structure))
        holder, index = rng.choice(everywhere)
        match rng.randrange(5):
            case 0:
                del holder[index]
            case 1:
                holder.insert(index, value)
            case 2:
                other, place = rng.choice(everywhere)
                holder[index] = copy.deepcopy(other[place])
            case _:
                holder[index] = value
    if rng.random() < 0.2 and blobs:
        blobs[rng.randrange(len(blobs))] = rng.choice([b"", b"\xff" * 7, 3, None, "text", bytes(9999)])
    return victim.forge(structure, blobs)


@FUZZ
@given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=4))
def test_mutated_structures_of_everything(zoo: Victim, rng: random.Random, odd: list[Any]) -> None:
    zoo.attack(mutated(zoo, rng, odd))


@FUZZ
@given(st.randoms(use_true_random=False), st.lists(ODD, min_size=1, max_size=4))
def test_mutated_structures_of_a_real_game(archers: Victim, rng: random.Random, odd: list[Any]) -> None:
    archers.attack(mutated(archers, rng, odd))


@FUZZ
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=5), st.booleans())
def test_mutated_bytes(zoo: Victim, changes: list[tuple[int, int]], packed: bool) -> None:
    data = bytearray(zoo.honest if packed else zoo.plain)
    for place, value in changes:
        data[place % len(data)] = value
    zoo.attack(bytes(data) if packed else zlib.compress(bytes(data)))


@FUZZ
@given(st.binary(max_size=300), st.integers(0, 2000))
def test_noise_and_stumps(pole: Victim, noise: bytes, length: int) -> None:
    assert pole.attack(noise) is not None
    assert pole.attack(zlib.compress(noise)) is not None
    assert pole.attack(pole.honest[: length % len(pole.honest)]) is not None
    assert pole.attack(pole.honest + noise + b"x") is not None


def test_the_honest_one_is_taken(zoo: Victim, pole: Victim, archers: Victim) -> None:
    for victim in (zoo, pole, archers):
        assert victim.attack(victim.forge(victim.structure)) is None
        assert victim.attack(victim.honest) is None


# --- one attack each ---


def born(victim: Victim, name: str, *arguments: Any) -> list[Any]:
    return [[name], [[0, *arguments]], [], []]


def held(victim: Victim, *items: Any, names: tuple[str, ...] = (), born: tuple[Any, ...] = ()) -> list[Any]:
    """The zoo's dict `held` holds `items`: key, value, ..."""
    return [list(names), list(born), [[hook(victim), None, list(items)]], []]


def hook(victim: Victim) -> int:
    """The number of that dict."""
    assert victim.simulation.beginning is not None
    return victim.simulation.beginning.places.numbers[id(victim.simulation.env.held)]


def first(victim: Victim) -> int:
    """The number of the first object that is born."""
    assert victim.simulation.beginning is not None
    return len(victim.simulation.beginning.places.objects)


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "subprocess:Popen",
        "builtins:object",
        "builtins:type",
        "builtins:eval",
        "builtins:memoryview",
        "types:FunctionType",
        "types:CodeType",
        "types:ModuleType",
        "pathlib:PosixPath",
        "tempfile:_TemporaryFileCloser",
        "logging:FileHandler",
        "pygame.surface:Surface",
        "numpy:memmap",
        "numpy:matrix",
        "state_games:Finalized",
        "state_games:Mood",
        "state_games:pygame.Surface",
        "netcode.errors:NetplayError",
        "peer.simulation.adapters.adapter:Adapter",
        "gymnasium.spaces.box:Box",
        "gymnasium.wrappers.rendering:RecordVideo",
        "not_there:Nothing",
        "",
    ],
)
def test_only_classes_at_hand_are_made(zoo: Victim, name: str) -> None:
    assert zoo.attack(zoo.forge(born(zoo, name))) is not None


@pytest.mark.parametrize("name", ["os:system", "builtins:exec", "state_games:Thing.walk", "state_games:np"])
def test_only_functions_at_hand_are_referred_to(zoo: Victim, name: str) -> None:
    assert "at hand" in str(zoo.attack(zoo.forge(held(zoo, 1, [Tag.FUNCTION, 0], names=(name,)))))


@pytest.mark.parametrize("name", ["__class__", "__init_subclass__", "nothing", "__reduce__", "__init__"])
def test_methods_are_plain_functions_of_the_class(zoo: Victim, name: str) -> None:
    assert zoo.attack(zoo.forge(held(zoo, 1, [Tag.METHOD, [hook(zoo)], name]))) is not None


Attack = Callable[[Victim], list[Any]]


def _deep_tuple(victim: Victim) -> list[Any]:
    value: Any = 1
    for _ in range(400):
        value = [Tag.TUPLE, None, [value]]
    return held(victim, value, 1)


def _laughing_sets(victim: Victim) -> list[Any]:
    """Each set has two members that lead to the next set, and must be sorted before it is read."""
    depth, number = 40, first(victim)
    entries = []
    names, makes = ["builtins:set", "state_games:Thing"], []
    for level in range(depth):
        makes += [[0], [1], [1]]
        inner = [number + 3 * level + 3] if level + 1 < depth else 1
        members = [[number + 3 * level + 1], [number + 3 * level + 2]]
        entries.append([number + 3 * level, None, [216, *members]])
        entries.append([number + 3 * level + 1, None, ["inner", inner]])
        entries.append([number + 3 * level + 2, None, ["inner", inner]])
    return [names, makes, [[hook(victim), None, [1, [number]]], *entries], []]


def _colliding_keys(victim: Victim) -> list[Any]:
    modulus = 2**61 - 1  # all hash to 0
    keys = [[Tag.BIG_INT, (n * modulus).to_bytes(12, "little", signed=True)] for n in range(14_000)]
    return held(victim, *(part for key in keys for part in (key, None)))


def _huge_sets(victim: Victim) -> list[Any]:
    number, count = first(victim), 30_000
    sets = [[number + n, None, [2**16, 1, 2, 3]] for n in range(count)]
    return [["builtins:set"], [[0]] * count, sets, []]


def _many_arrays(victim: Victim) -> list[Any]:
    return [["numpy:ndarray"], [[0, "<f8", [1000, 1000], True, [0, 1]]] * 10_000, [], []]


def _long_hashes(victim: Victim) -> list[Any]:
    items = [Tag.TUPLE, None, [1] * 2000]
    return held(victim, *(part for n in range(200) for part in ([Tag.TUPLE, None, [n, items]], 0)))


def _refers_often_to_long_tuples(victim: Victim) -> list[Any]:
    return held(victim, *(part for n in range(50_000) for part in (n, [hook(victim)])))


@pytest.mark.parametrize(
    "attack",
    [_deep_tuple, _laughing_sets, _colliding_keys, _huge_sets, _many_arrays],
    ids=lambda attack: attack.__name__.strip("_"),
)
def test_small_messages_cannot_cause_much_work(zoo: Victim, attack: Attack) -> None:
    """Each would take minutes, gigabytes or the interpreter's stack if it were just done."""
    assert zoo.attack(zoo.forge(attack(zoo))) is not None


@pytest.mark.parametrize("attack", [_long_hashes, _refers_often_to_long_tuples])
def test_what_is_merely_big_ends_soon(zoo: Victim, attack: Attack) -> None:
    zoo.attack(zoo.forge(attack(zoo)))


def test_deep_and_cyclic_lists_do_no_harm(zoo: Victim) -> None:
    number, depth = first(zoo), 30_000
    chain = [[number + n, None, [[number + (n + 1) % depth]]] for n in range(depth)]
    structure = [["builtins:list"], [[0]] * depth, [[hook(zoo), None, [1, [number]]], *chain], []]
    assert zoo.attack(zoo.forge(structure)) is None  # well-formed, only not the state that was confirmed


@pytest.mark.parametrize(
    ("arguments", "contents"),
    [
        (["<f8", [2**40], True, [0]], None),
        (["<f8", [2**31, 2**31, 2**31], True, [0, 1, 2]], None),
        (["<f8", [-1], True, [0]], None),
        (["<f8", [2], True, [1]], None),
        (["<f8", [2], True, [0, 0]], None),
        (["<f8", [1] * 60, True, list(range(60))], None),
        (["|O8", [2], True, [0]], None),
        (["<V8", [2], True, [0]], None),
        (["<f8", [2], True, [0]], ["<f8", 2, bytes(15)]),
        (["<f8", [2], True, [0]], ["<f4", 2, bytes(16)]),
        (["<f8", [2], True, [0]], ["<f8", 3, bytes(24)]),
        (["|b1", [2], True, [0]], ["|b1", 2, b"\x02\x01"]),
        (["<U1", [1], True, [0]], ["<U1", 1, b"\xff\xff\xff\x7f"]),
    ],
)
def test_arrays_of_impossible_shapes(zoo: Victim, arguments: list[Any], contents: list[Any] | None) -> None:
    structure = born(zoo, "numpy:ndarray", *arguments)
    if contents is not None:
        structure[2] = [[first(zoo), None, contents]]
    assert zoo.attack(zoo.forge(structure)) is not None


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [
        ([4], [8], 8),
        ([4], [9], 0),
        ([4], [-8], 0),
        ([2], [8], -8),
        ([2], [2**62], 0),
        ([1000, 1000, 9], [0, 0, 0], 0),
    ],
)
def test_views_stay_within_their_memory(
    zoo: Victim, shape: list[int], strides: list[int], offset: int
) -> None:
    number = first(zoo)
    structure = [
        ["numpy:ndarray"],
        [[0, "<f8", [4], True, [0]], [0, "<f8", shape, True, strides, [number], offset]],
        [],
        [],
    ]
    assert zoo.attack(zoo.forge(structure)) is not None


@pytest.mark.parametrize("size", [-1, 2**16 + 1, 2**40, "x"])
def test_a_set_s_table_has_a_bound(zoo: Victim, size: Any) -> None:
    structure = [["builtins:set"], [[0]], [[first(zoo), None, [size, 1]]], []]
    assert zoo.attack(zoo.forge(structure)) is not None


def test_a_key_with_a_hash_of_its_own_is_refused(zoo: Victim) -> None:
    """A frozen dataclass may be a key, but not if it holds another, which could be nested without end."""
    number = first(zoo)
    key, inner = [number], [number + 1]
    fine = [[number, None, ["x", 1, "y", 2]], [number + 1, None, ["x", 1, "y", 2]]]
    nested = [[number, None, ["x", inner, "y", inner]], fine[1]]
    for contents, taken in ((fine, True), (nested, False)):
        structure = held(zoo, key, 1, names=("state_games:Cell",), born=([0], [0]))
        structure[2] += contents
        assert (zoo.attack(zoo.forge(structure)) is None) == taken


def test_bombs_do_not_unpack(pole: Victim) -> None:
    assert "too long" in str(pole.attack(zlib.compress(bytes(MAX_STATE_BYTES + 1))))
    assert pole.attack(bytes(MAX_STATE_BYTES + 1)) is not None
    assert pole.attack(pole.forge(bytes(MAX_STRUCTURE_BYTES + 1))) is not None
    assert pole.attack(zlib.compress(b"\x91" * 100_000)) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"episode": -1},
        {"episode": 2**62},
        {"episode": "0"},
        {"blind": True},
        {"beginning": bytes(8)},
        {"rngs": [b"", None, b""]},
        {"rngs": [bytes(2500), 1, bytes(2521)]},
        {"rngs": [b"\xff" * 2500, None, b"\xff" * 2521]},
    ],
)
def test_headers_are_checked(pole: Victim, changes: dict[str, Any]) -> None:
    assert pole.attack(pole.forge(pole.structure, **changes)) is not None


def test_rng_states_are_bounded_where_c_does_not_look() -> None:
    for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
        source = getattr(np.random, name)(5)
        state = rng_states.pack_bit_generator(source.state)
        again = getattr(np.random, name)(6)
        again.state = rng_states.unpack_bit_generator(name, state)
        assert again.random_raw(9).tolist() == source.random_raw(9).tolist()
        for data in (state[:-1], state + b"\0", b"", b"\xff" * len(state)):
            with pytest.raises(RemoteProtocolError):
                rng_states.unpack_bit_generator(name, data)
    with pytest.raises(RemoteProtocolError):
        rng_states.unpack_bit_generator("BitGenerator", b"")
    twister = np.random.RandomState(3)
    twister.standard_normal()
    packed = rng_states.pack_random_state(twister.get_state(legacy=False))
    other = np.random.RandomState(4)
    other.set_state(rng_states.unpack_random_state(packed))
    assert other.standard_normal(5).tolist() == twister.standard_normal(5).tolist()


def test_observations_of_other_kinds_are_refused(pole: Victim) -> None:
    """No digest covers what was seen: it follows from the rest, but a policy looks at it."""
    structure = copy.deepcopy(pole.structure)
    assert pole.simulation.beginning is not None
    number = pole.simulation.beginning.places.numbers[id(pole.simulation.beginning.graph.roots[-1])]
    (entry,) = (entry for entry in structure[2] if entry[0] == number)
    for items in ([0, None], [0, [Tag.TUPLE, None, [1.0]]], [1, entry[2][1]], [0, 1.0]):
        entry[2] = items
        assert "observation" in str(pole.attack(pole.forge(structure)))

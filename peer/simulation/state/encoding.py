"""A simulation's state as bytes that another process can go on from, for who joins late. No pickle.

What is sent is the difference to the beginning of the episode, which the receiver reaches by itself: it
begins that episode in its own environment, then puts the difference in. docs/state-snapshots.md tells more.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netcode.errors import LocalProtocolError, NetplayError, RemoteProtocolError
from netcode.limits import MAX_FRAME, MAX_STATE_BYTES, MAX_STATE_TOKENS, MAX_STRUCTURE_BYTES
from netcode.wire.msgpack_bounds import pack, unpack
from peer.simulation.entropy.process_rng import ProcessRngState, process_rng_parts
from peer.simulation.state.beginning import Beginning
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, contents_of, describe
from peer.simulation.state.reader import Reader
from peer.simulation.state.rng_states import pack_process_rngs, unpack_process_rngs
from peer.simulation.state.writer import UnsendableObjectError, Writer

if TYPE_CHECKING:
    from peer.simulation.environment_simulation import EnvironmentSimulation, SimulationSnapshot

FORMAT: Final = 1
STEP_S: Final = 0.003  # seconds of writing at once, while others may be waiting for our next frame
_COMPRESSION: Final = 1


class UnsendableStateError(NetplayError):
    """This state cannot be told to another process; the text says what stands in the way.

    What to do: let the joiner replay the confirmed inputs, of this episode if not of all.
    """


def encode(simulation: EnvironmentSimulation, snapshot: SimulationSnapshot | None = None) -> bytes:
    """The present state of a simulation, or the one in `snapshot`, as at most MAX_STATE_BYTES bytes.

    Raises: UnsendableStateError.
    """
    if not simulation.captures:
        raise UnsendableStateError(f"the state cannot be sent: {simulation.lockstep_reason}")
    steps = encode_steps(simulation, simulation.capture() if snapshot is None else snapshot)
    return next(data for data in steps if data is not None)


def encode_steps(simulation: EnvironmentSimulation, snapshot: SimulationSnapshot) -> Iterator[bytes | None]:
    """The state of `snapshot`: the last item. Before it comes None, each after some milliseconds of work.

    Between two steps the simulation may play on. Raises: UnsendableStateError.
    """
    if not simulation.captures:
        raise UnsendableStateError(f"the state cannot be sent: {simulation.lockstep_reason}")
    beginning = snapshot.beginning
    if beginning is None:
        raise UnsendableStateError("the state cannot be sent: the episode's beginning was not remembered")
    _ = beginning.places  # both are worked out once an episode
    yield None
    _ = beginning.digest
    yield None
    writer = Writer(beginning, snapshot.graph)
    done = False
    while not done:
        with _in_state(simulation, snapshot):
            try:
                done = writer.write(STEP_S)
            except UnsendableObjectError as error:
                where = describe(snapshot.graph.roots, error.culprit)
                raise UnsendableStateError(f"the state cannot be sent: {where}, which {error}") from None
        yield None
    yield _packed(simulation, snapshot, beginning, *writer.written())


@contextmanager
def _in_state(simulation: EnvironmentSimulation, snapshot: SimulationSnapshot) -> Iterator[None]:
    """The writer looks at the objects themselves, too: they must be as they were."""
    present = simulation.capture()
    simulation.restore(snapshot)
    try:
        yield
    finally:
        simulation.restore(present)


def _packed(
    simulation: EnvironmentSimulation,
    snapshot: SimulationSnapshot,
    beginning: Beginning,
    structure: list[Any],
    blobs: list[bytes],
) -> bytes:
    packed = pack(structure)
    rngs = None if _same_rngs(beginning.rngs, snapshot.rngs) else _pack_rngs(snapshot.rngs)
    header = [FORMAT, beginning.episode, simulation.observation_free, beginning.digest]
    data = pack([*header, rngs, packed, blobs])
    compressed = zlib.compress(data, _COMPRESSION)
    if len(packed) > MAX_STRUCTURE_BYTES or max(len(data), len(compressed)) > MAX_STATE_BYTES:
        raise UnsendableStateError(
            f"the state cannot be sent: {len(data)} bytes, {len(packed)} of them structure, are too many"
        )
    return compressed


def load(simulation: EnvironmentSimulation, data: bytes, confirmed: Container[bytes] | None = None) -> bytes:
    """Bring a simulation of the same settings into an encoded state, and return its digest.

    confirmed: the digests that the state may have; without, the caller must compare before it steps.

    Raises: RemoteProtocolError; the simulation is then as it was before. LocalProtocolError if it cannot
    take snapshots at all.
    """
    if not simulation.captures:
        raise LocalProtocolError(f"no state can be loaded: {simulation.lockstep_reason}")
    told = _unpack(data)
    before = simulation.capture()
    try:
        return _load(simulation, told, confirmed)
    except RemoteProtocolError:
        simulation.restore(before)
        raise
    except Exception as error:  # what numpy, pygame and the interpreter say to malformed values
        simulation.restore(before)
        raise RemoteProtocolError(f"not a state of this game: {type(error).__name__}") from None


def _unpack(data: bytes) -> list[Any]:
    if len(data) > MAX_STATE_BYTES:
        raise RemoteProtocolError(f"a state of {len(data)} bytes, at most {MAX_STATE_BYTES} allowed")
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(data, MAX_STATE_BYTES)
    except zlib.error:
        raise RemoteProtocolError("not a state: it does not unpack") from None
    if not inflate.eof or inflate.unused_data:
        raise RemoteProtocolError("not a state: it is too long, or cut short")
    told: list[Any] = unpack(plain, MAX_STATE_BYTES, max_items=MAX_STRUCTURE_BYTES)
    match told:
        case [1, int() as episode, bool(), bytes(), None | list(), bytes() as packed, list()]:
            if 0 <= episode <= MAX_FRAME and len(packed) <= MAX_STRUCTURE_BYTES:
                told[5] = unpack(packed, MAX_STRUCTURE_BYTES, max_items=MAX_STRUCTURE_BYTES)
                return told
    raise RemoteProtocolError("not a state of this version")


def _load(simulation: EnvironmentSimulation, told: list[Any], confirmed: Container[bytes] | None) -> bytes:
    _, episode, observation_free, digest, rngs, structure, blobs = told
    if observation_free != simulation.observation_free:
        raise RemoteProtocolError("the state was stepped with another treatment of observations")
    simulation.begin_episode(episode)
    beginning = simulation.beginning
    if beginning is None or beginning.digest != digest:
        raise RemoteProtocolError(f"episode {episode} begins differently here")
    Reader(beginning, structure, blobs).read()
    if rngs is not None:
        simulation.rngs.take_over(*unpack_process_rngs(rngs))
    roots = beginning.graph.roots
    _check_observations(contents_of(beginning.places.contents, roots[-1])[0][1], roots[-1])
    state = capture(roots)
    reached = digest_snapshot(state, roots[:-1], process_rng_parts(simulation.rngs.state), MAX_STATE_TOKENS)
    if confirmed is not None and reached not in confirmed:
        raise RemoteProtocolError("the state is not the one that was confirmed")
    if simulation.digest() != reached:  # its roots are found by asking the environment
        raise RemoteProtocolError("the state is of another environment")
    return reached


def _check_observations(first: Any, seen: Any) -> None:
    """Digests leave them out, as they follow from the rest: they must at least be like the first ones."""
    if type(first) is not type(seen):
        raise RemoteProtocolError("an observation of another type")
    if isinstance(first, np.ndarray):
        if first.dtype != seen.dtype or first.ndim != seen.ndim:
            raise RemoteProtocolError("an observation of another shape")
    elif isinstance(first, dict):
        if not seen.keys() <= first.keys():  # whoever is out sees nothing
            raise RemoteProtocolError("an observation with other keys")
        for key in seen:
            _check_observations(first[key], seen[key])
    elif isinstance(first, (tuple, list)):
        for one, other in zip(first, seen, strict=False):
            _check_observations(one, other)


def _same_rngs(before: ProcessRngState, now: ProcessRngState) -> bool:
    return _pack_rngs(before) == _pack_rngs(now)


def _pack_rngs(state: ProcessRngState) -> list[Any]:
    return pack_process_rngs(*(of_one for _, of_one in state))

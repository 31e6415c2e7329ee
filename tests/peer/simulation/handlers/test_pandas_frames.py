"""Games that keep a table in pandas, and write to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from peer.simulation.handlers import pandas_frames
from peer.simulation.state.diff import differences, flatten
from peer.simulation.state.digest import digest_snapshot
from peer.simulation.state.graph import capture, restore
from peer.simulation.state.watch import Watch

pd: Any = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")


class Market:
    def __init__(self) -> None:
        self.prices = pd.DataFrame(
            {"open": [1.0, 2.0, 3.0], "volume": [1, 2, 3], "who": ["a", "b", None]},
            index=pd.date_range("2020-01-01", periods=3),
        )
        self.trades = pd.Series([0.5, np.nan], name="trades")
        self.notes = pd.DataFrame({"note": pd.Series([[1], None, (1, 2)], dtype=object)})
        self.days = self.prices.index
        self.today = self.prices.index[0]
        self.part = self.prices["open"]


MOVES: list[Callable[[Market, random.Random], Any]] = [
    lambda m, r: m.prices.iloc.__setitem__((r.randrange(3), 0), r.random()),
    lambda m, r: m.prices.loc.__setitem__((m.prices.index[r.randrange(3)], "who"), r.choice("xyz")),
    lambda m, r: m.prices.__setitem__("volume", m.prices["volume"] + 1),
    lambda m, r: m.prices.__setitem__(f"extra{r.randrange(2)}", r.random()),
    lambda m, r: setattr(m, "prices", m.prices.copy()),
    lambda m, r: m.prices.__setitem__("open", m.prices["open"].cumsum() % 7),
    lambda m, r: m.prices.insert(0, f"first{len(m.prices.columns)}", r.random()),
    lambda m, r: setattr(m.prices, "index", m.prices.index.shift(1, freq="D")),
    lambda m, r: m.trades.__setitem__(r.randrange(2), r.random()),
    lambda m, r: setattr(m.trades, "name", r.choice(["trades", "sold"])),
    lambda m, r: m.notes["note"].iloc[0].append(r.random()),
    lambda m, r: m.prices.attrs.__setitem__("seen", r.randrange(5)),
    lambda m, r: setattr(m, "part", m.prices["open"]),
    lambda m, r: setattr(m, "today", m.today + pd.Timedelta("1D")),
]


def digest(game: Any) -> bytes:
    snapshot = capture([game])
    return digest_snapshot(snapshot, snapshot.roots)


def look(game: Market) -> list[str]:
    frames = (game.prices, game.trades, game.notes, game.part)
    return [repr(frame) for frame in frames] + [repr((game.prices.attrs, game.trades.name, game.today))]


@pytest.mark.parametrize("copies_on_write", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_a_market_goes_back_to_any_day(
    seed: int, copies_on_write: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not copies_on_write:  # as before pandas 3
        monkeypatch.setattr(pandas_frames, "_copies_on_write", lambda: False)
    rng, game, watch = random.Random(seed), Market(), Watch()
    identities = game.prices, game.trades
    kept: list[tuple[Any, bytes, list[str]]] = []
    for _ in range(60):
        for _ in range(rng.randrange(3)):
            rng.choice(MOVES)(game, rng)
        taken = rng.choice([watch.capture, capture])([game])
        assert digest_snapshot(taken, taken.roots) == digest(game)
        kept.append((taken, digest(game), look(game)))
        if rng.random() < 0.3:
            snapshot, truth, looked = rng.choice(kept)
            watch.restore(snapshot)
            assert (digest(game), look(game)) == (truth, looked)
    restore(kept[0][0])
    assert (game.prices, game.trades)[0] is identities[0]
    assert game.trades is identities[1]


def test_what_is_not_written_to_is_not_copied_again() -> None:
    if not pandas_frames._copies_on_write():
        pytest.skip("this pandas copies at once")
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    handler = pandas_frames.Frame()
    first = handler.take(frame)
    assert handler.take(frame) is first
    frame.iloc[0, 0] = 5.0
    second = handler.take(frame)
    assert second is not first
    handler.put(frame, first)
    assert frame["a"].tolist() == [1.0, 2.0]
    frame.iloc[0, 0] = 7.0
    handler.put(frame, first)
    assert frame["a"].tolist() == [1.0, 2.0], (
        "writing to it after it was put back does not reach the snapshot"
    )


def test_the_cell_that_differs_is_named() -> None:
    one, other = Market(), Market()
    other.prices.iloc[1, 0] = 9.0
    flat = [flatten(capture([game]), [("", game)]) for game in (one, other)]
    assert differences(*flat, 9) == ["prices['open'][1]: 2.0 != 9.0"]


def test_objects_in_cells_are_state_however_they_are_wrapped() -> None:
    class Note:
        text = 1

    def market(text: int) -> Market:
        game, note = Market(), Note()
        note.text = text
        game.notes = pd.DataFrame(
            {"note": pd.Series([(note,), pd.DataFrame({"a": [text] * 300})], dtype=object)}
        )
        return game

    game = market(1)
    assert digest(game) == digest(market(1)) != digest(market(2)), "by what they hold, not by where they lie"
    before = capture([game])
    game.notes["note"].iloc[0][0].text = 5
    game.notes["note"].iloc[1].loc[150, "a"] = 7
    restore(before)
    assert digest(game) == digest(market(1))


def test_constants_count_by_value() -> None:
    for one, other in (
        (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")),
        (pd.Index(["a"]), pd.Index(["b"])),
        (pd.MultiIndex.from_tuples([(1, 2)]), pd.MultiIndex.from_tuples([(1, 3)])),
    ):
        assert digest([one]) == digest([one])
        assert digest([one]) != digest([other])

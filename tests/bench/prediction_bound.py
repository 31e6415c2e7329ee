"""How few wrong frames are possible at all? `python tests/bench/prediction_bound.py [PEOPLE]`; takes minutes.

The presses of bench_prediction come from hands that are independent of each other, so whoever knew every
distribution would guess each hand by itself. Here each hand is looked up in tables of two hours of the very
same person: what did it do `delay` frames later, after the same key, held for as long, after the same ones?
No strategy that starts cold, and sees keys instead of hands, can be much better than that.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from random import Random

from bench_prediction import DELAYS, FIRST_SEED, FRAMES

from netcode.simulator.presses import FIRST, LEFT, RIGHT, STYLES, UP, Style, record

STUDIED = 2 * 3600 * 60  # frames
ENOUGH = 25  # sightings for a guess; with fewer, a looser context decides
EVERY_KEY = 255
HANDS: dict[Style, tuple[int, ...]] = {
    "runner": (LEFT | RIGHT, FIRST),
    "fighter": (EVERY_KEY,),
    "shooter": (LEFT | RIGHT, UP, FIRST),
    "typist": (EVERY_KEY,),
}
Contexts = tuple[tuple[int, ...], ...]


def contexts(keys: Sequence[int]) -> Iterator[Contexts]:
    """Of each frame, closest first: the keys, for how long, and what was held before for about how long."""
    held, age = keys[0], 0
    before, lengths = (0, 0, 0), (0, 0)
    for key in keys:
        if key != held:
            before, lengths, held, age = (held, *before[:2]), (age, lengths[0]), key, 0
        age = min(age + 1, 150)
        newer, older = (_about(length) for length in lengths)
        yield (held, age, *before, newer, older), (held, age, before[0], newer), (held, age)


def _about(length: int) -> int:
    return length if length < 8 else 8 + length // 4 if length < 40 else 99


def wrong_frames(style: Style, seed: int) -> tuple[int, int]:
    """Wrong frames of one person, over all delays: with the tables, and with repeat-last."""
    inputs = [data[0] for data in record(style, Random(seed), STUDIED + FRAMES)]
    guesses = {delay: [0] * FRAMES for delay in DELAYS}
    for hand in HANDS[style]:
        keys = [data & hand for data in inputs]
        met = list(contexts(keys))
        for delay in DELAYS:
            table: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
            for frame in range(STUDIED - delay):
                for context in met[frame]:
                    table[context][keys[frame + delay]] += 1
            for frame in range(FRAMES - delay):
                seen = (table[context] for context in met[STUDIED + frame] if context in table)
                best = next((one for one in seen if one.total() >= ENOUGH), None)
                guesses[delay][frame + delay] |= best.most_common(1)[0][0] if best else keys[STUDIED + frame]
    played = inputs[STUDIED:]
    frames = [(delay, frame) for delay in DELAYS for frame in range(delay, FRAMES)]
    return (
        sum(guesses[delay][frame] != played[frame] for delay, frame in frames),
        sum(played[frame - delay] != played[frame] for delay, frame in frames),
    )


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    total, total_plain = 0, 0
    for style in STYLES:
        found = [wrong_frames(style, FIRST_SEED + number) for number in range(people)]
        wrong, plain = sum(one for one, _ in found), sum(other for _, other in found)
        total, total_plain = total + wrong, total_plain + plain
        print(f"{style:8} {100 * wrong / plain - 100:+.1f} %", flush=True)
    print(f"{'all':8} {100 * total / total_plain - 100:+.1f} %")


if __name__ == "__main__":
    main()

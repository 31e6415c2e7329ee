"""Frames played with a wrong guess, in 100: made-up people at buttons, each input known some frames late.

Measured through the real timeline, three minutes a person from a cold start. `python bench.py [PEOPLE]`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from learned import Learned
from presses import FPS, STYLES, record

from netcode.prediction import Predictor, RepeatLast
from netcode.timeline import Timeline

FRAMES = 3 * 60 * FPS
DELAYS = (3, 4, 5, 6, 7, 8)  # frames until an input is known
FIRST_SEED = 101  # whoever changes the strategy tries it on people of lower seeds
NOTHING = bytes(1)


def wrong_frames(predictor: Predictor, inputs: Sequence[bytes], delay: int) -> int:
    """Frames played wrong when new, each input known `delay` frames late."""
    line = Timeline(NOTHING, 0, predictor)
    for frame in range(len(inputs)):
        if frame >= delay:
            line.confirm(inputs[frame - delay])
        while (first := line.first_misprediction()) is not None:
            line.use_all(first, frame)
        line.use(frame)
        line.forget_before(line.confirmed)
    return line.mispredictions


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for style in STYLES:
        recordings = [record(style, Random(FIRST_SEED + number), FRAMES) for number in range(people)]
        plain, learned = (
            sum(wrong_frames(make(NOTHING), inputs, delay) for inputs in recordings for delay in DELAYS)
            for make in (RepeatLast, Learned)
        )
        played = people * FRAMES * len(DELAYS) / 100
        change = 100 * learned / plain - 100
        print(
            f"{style:8} repeat-last {plain / played:.1f}, learned {learned / played:.1f} ({change:+.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()

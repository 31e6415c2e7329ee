"""Button presses as people make them, for measuring predictions: four styles, one input byte a frame.

Lengths and rhythms are drawn from published figures, a new person for each recording:

- A key that is tapped is down for 116 ms (SD between people 24), and the next comes 239 ms later (SD 112):
  Dhakal, Feit, Kristensson and Oulasvirta, "Observations on Typing from 136 Million Keystrokes", CHI 2018.
  Lee, Tsui and Hsiao (Biomedical Engineering Online 2014) report means of 92 to 105 ms. Typists press the
  next key before they let go of the last one ("rollover"); here that follows from the two distributions.
- As fast as one finger can, people tap 55 to 60 times in 10 s: norms of the Halstead-Reitan tapping test.
- Practised intervals scatter in proportion to their length (Weber's law of timing; Ivry and Hazeltine,
  "Perception and production of temporal intervals across a range of durations", 1995), here by 10 %. Lengths
  of one person's presses scatter more, here by 25 %. The scatter is log-normal.
- Nobody reacts faster than human reaction time allows, 250 to 300 ms for what is seen on a screen (Zhang et
  al., "Atari-HEAD", 2019).
- How long a direction is held, and when the next jump or fight comes, is up to the game and has no published
  law. Such times are drawn from exponential distributions, of which the past tells nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, Literal

Style = Literal["runner", "fighter", "shooter", "typist"]
Press = tuple[float, float, int]  # from, to (seconds), key

FPS: Final = 60
LEFT, RIGHT, UP, DOWN, FIRST, SECOND = (1 << bit for bit in range(6))  # keys are bits of the input byte

TAP_S: Final = (0.116, 0.024)  # mean and SD between people
TYPING_S: Final = (0.239, 0.112)  # from one key to the next
MASHING_S: Final = (10 / 57.5, 0.012)
REACTION_S: Final = 0.275
TAP_CV: Final = 0.25
RHYTHM_CV: Final = 0.10
LOOSE_CV: Final = 0.50  # of what nobody times on purpose: pauses, steps to and fro

# The commonest English words, in order; the n-th comes about 1/n as often as the first (Zipf).
WORDS: Final = (
    "the of and to in a is that for it as was with be by on not he i this are or his from at which but have "
    "an had they you were their one all we can her has there been if more when will would who so no"
)


def record(style: Style, rng: Random, frames: int) -> list[bytes]:
    """A new person plays in that style. Returns one input (1 byte) a frame, at 60 frames a second.

    Of a typist the byte is the newest key that is down (0: none), of the others all keys that are down.
    """
    return _STYLES[style](_Person(rng), frames)


class _Person:
    """One pair of hands: this person's own means, and draws around them."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.tap_s = max(rng.gauss(*TAP_S), 0.06)
        self.typing_s = max(rng.gauss(*TYPING_S), 0.10)
        self.mashing_s = rng.gauss(*MASHING_S)

    def around(self, mean: float, cv: float) -> float:
        """Log-normal, with that mean and coefficient of variation (for cv well below 1)."""
        return mean * self.rng.lognormvariate(-cv * cv / 2, cv)

    def tap(self) -> float:
        """How long a key is down that is only tapped."""
        return self.around(self.tap_s, TAP_CV)

    def reaction(self) -> float:
        return self.around(REACTION_S, TAP_CV)

    def until_it_happens(self, mean: float) -> float:
        """Until something happens in the game, and the person has reacted to it."""
        return self.rng.expovariate(1 / mean) + self.reaction()

    def pause(self, mean: float) -> float:
        return self.around(mean, LOOSE_CV)


def _runner(person: _Person, frames: int) -> list[bytes]:
    """A platformer: one thumb runs, the other jumps; short hops are taps, high jumps are held to the top."""
    seconds, presses = frames / FPS, []
    now = person.reaction()
    while now < seconds:  # the left thumb
        held = person.until_it_happens(2.5)
        presses.append((now, now + held, RIGHT))
        now += held
        if person.rng.random() < 0.4:  # overshot: back a little
            held = person.pause(0.4)
            presses.append((now, now + held, LEFT))
            now += held
        else:
            now += person.reaction()
    now = person.reaction()
    while now < seconds:  # the right thumb
        held = person.tap() if person.rng.random() < 0.4 else person.around(0.35, 0.15)
        presses.append((now, now + held, FIRST))
        now += held + person.until_it_happens(0.7)
    return _sampled(presses, frames)


def _fighter(person: _Person, frames: int) -> list[bytes]:
    """Steps to and fro, pokes, blocks, bouts of mashing, and the combos this person has practised."""
    seconds, presses = frames / FPS, []
    combos = person.rng.sample(_COMBOS, 3)
    now, step = person.reaction(), RIGHT
    while now < seconds:
        chance = person.rng.random()
        if chance < 0.45:
            held = person.pause(0.3)
            presses.append((now, now + held, step))
            now += held + person.pause(0.05)
            step = LEFT if step == RIGHT or person.rng.random() < 0.3 else RIGHT
        elif chance < 0.65:
            held = person.tap()
            presses.append((now, now + held, person.rng.choice((FIRST, SECOND))))
            now += held + person.reaction()
        elif chance < 0.85:
            for keys, interval in person.rng.choice(combos):
                after = person.around(interval, RHYTHM_CV)
                held = after if keys in _MOTION else min(person.tap(), after)
                presses.append((now, now + held, keys))
                now += after
            now += person.reaction()
        elif chance < 0.95:
            held = person.until_it_happens(0.6)
            presses.append((now, now + held, LEFT | DOWN if person.rng.random() < 0.5 else LEFT))
            now += held + person.pause(0.05)
        else:
            key = person.rng.choice((FIRST, SECOND))
            for _ in range(person.rng.randint(5, 12)):
                after = person.around(person.mashing_s, RHYTHM_CV)
                presses.append((now, now + after * 0.5, key))
                now += after
    return _sampled(presses, frames)


_MOTION: Final = (DOWN, DOWN | RIGHT, RIGHT)  # rolled over without letting go
_COMBOS: Final[tuple[tuple[tuple[int, float], ...], ...]] = (
    ((DOWN, 0.067), (DOWN | RIGHT, 0.067), (RIGHT, 0.05), (RIGHT | FIRST, 0.3)),
    ((RIGHT, 0.083), (DOWN, 0.067), (DOWN | RIGHT, 0.067), (DOWN | RIGHT | FIRST, 0.3)),
    ((FIRST, 0.233), (FIRST, 0.233), (SECOND, 0.3)),
    ((DOWN | SECOND, 0.25), (DOWN | SECOND, 0.25), (FIRST, 0.2), (SECOND, 0.3)),
    ((UP, 0.35), (SECOND, 0.3), (FIRST, 0.233), (SECOND, 0.3)),
)


def _shooter(person: _Person, frames: int) -> list[bytes]:
    """Forward for a while, strafing from side to side (with a short tap back to stand still), and shots."""
    seconds, presses = frames / FPS, []
    now = person.reaction()
    while now < seconds:  # forward
        held = person.until_it_happens(2.0)
        presses.append((now, now + held, UP))
        now += held + person.until_it_happens(0.8)
    now, side = person.reaction(), LEFT
    while now < seconds:  # sideways
        for _ in range(person.rng.randint(1, 6)):
            held = person.pause(0.35)
            presses.append((now, now + held, side))
            now += max(held + person.rng.gauss(0.0, 0.025), 0.02)  # the other key: a little early or late
            side = LEFT + RIGHT - side
        held = person.tap()
        presses.append((now, now + held, side))
        now += held + person.until_it_happens(0.5)
    now = person.until_it_happens(1.5)
    while now < seconds:  # the trigger
        if person.rng.random() < 0.5:
            for _ in range(person.rng.randint(2, 6)):
                after = person.around(person.mashing_s, RHYTHM_CV)
                presses.append((now, now + after * 0.5, FIRST))
                now += after
        else:
            held = person.pause(0.6)
            presses.append((now, now + held, FIRST))
            now += held
        now += person.until_it_happens(1.0)
    return _sampled(presses, frames)


def _typist(person: _Person, frames: int) -> list[bytes]:
    """Common English words. A pair of letters has a speed of its own: it depends on hands and fingers."""
    seconds, presses = frames / FPS, []
    words = WORDS.split()
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    speeds: dict[tuple[str, str], float] = {}
    now, last = person.reaction(), " "
    while now < seconds:
        for letter in person.rng.choices(words, weights)[0] + " ":
            if (last, letter) not in speeds:
                speeds[last, letter] = person.around(person.typing_s, TAP_CV)
            now += person.around(speeds[last, letter], TAP_CV)
            presses.append((now, now + person.tap(), 27 if letter == " " else ord(letter) - ord("a") + 1))
            last = letter
        if person.rng.random() < 0.1:  # thinks
            now += person.until_it_happens(0.5)
    newest = bytearray(frames)
    for start, end, key in presses:  # in order: the newest comes last
        for frame in range(round(start * FPS), min(round(end * FPS), frames)):
            newest[frame] = key
    return [bytes([key]) for key in newest]


def _sampled(presses: list[Press], frames: int) -> list[bytes]:
    """Which keys are down at the start of each frame."""
    down = bytearray(frames)
    for start, end, key in presses:
        for frame in range(round(start * FPS), min(round(end * FPS), frames)):
            down[frame] |= key
    return [bytes([keys]) for keys in down]


_STYLES: Final[dict[Style, Callable[[_Person, int], list[bytes]]]] = {
    "runner": _runner,
    "fighter": _fighter,
    "shooter": _shooter,
    "typist": _typist,
}
STYLES: Final = tuple(_STYLES)

"""Draws one-frame.svg: one frame with a wrong guess, as the real code plays it. `make docs`"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawing import AGAIN, FAINT, GUESS, INK, LINE, PAPER, SURE, WRONG, box, head, line, text

from netcode.prediction import RepeatLast
from netcode.rollback import Rollback
from netcode.timeline import Timeline

PICTURE: Final = Path(__file__).parent / "one-frame.svg"

ANN: Final = "wwwddwaaddwwwwwddwwwwww"  # chosen two frames before they count: known to frame 22
BOB: Final = "ddddaaddssssaaas" + "sww"  # known up to frame 15; then a packet brings three more
KNOWN: Final = 16
PRESENT: Final = 20
FIRST_SHOWN: Final = 12


class Game:
    """Remembers what it was asked to play."""

    def __init__(self) -> None:
        self.frame = 0
        self.played: dict[int, tuple[str, ...]] = {}
        self.went_back_to: int | None = None

    def step(self, inputs: Sequence[bytes]) -> bytes:
        self.played[self.frame] = tuple(data.decode() for data in inputs)
        self.frame += 1
        return b""

    def capture(self) -> int:
        return self.frame

    def restore(self, snapshot: int) -> None:
        self.frame = self.went_back_to = snapshot

    def digest(self, snapshot: int | None = None) -> bytes:
        return b""

    def is_valid_input(self, slot: int, data: bytes) -> bool:
        return True


@dataclass(frozen=True)
class Moment:
    """What is known, and what was played, at one point of the frame."""

    played: dict[int, tuple[str, ...]]
    confirmed: tuple[int, int]  # frames below are known: Ann's, Bob's


@dataclass(frozen=True)
class Story:
    before: Moment
    after: Moment
    first_wrong: int
    depth: int


def play() -> Story:
    """Ann's peer up to frame 20, and frame 20 itself."""
    game = Game()
    lines = [Timeline(b"d", 0, RepeatLast(b"d")) for _ in range(2)]
    core = Rollback(lines, window=8, digest_interval=1000)
    for key in ANN:
        lines[0].confirm(key.encode())
    for key in BOB[:KNOWN]:
        lines[1].confirm(key.encode())
    while core.frame < PRESENT:
        core.advance(game)
    before = Moment(dict(game.played), (lines[0].confirmed, lines[1].confirmed))
    for key in BOB[KNOWN:]:
        lines[1].confirm(key.encode())
    depth = core.reconcile(game)
    assert game.went_back_to is not None
    core.advance(game)
    after = Moment(dict(game.played), (lines[0].confirmed, lines[1].confirmed))
    return Story(before, after, game.went_back_to, depth)


# ------------------------------------------------------------------ the picture

WIDTH, HEIGHT = 960, 824
LEFT, STEP, CELL, TALL = 118, 84, 74, 42
STYLE: Final = f"""
    text {{ font-family: "Segoe UI", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: {INK}; }}
    .title {{ font-size: 23px; font-weight: 700; }}
    .head {{ font-size: 16px; font-weight: 700; }}
    .said {{ font-size: 14px; fill: {FAINT}; }}
    .name {{ font-size: 15px; font-weight: 600; text-anchor: end; }}
    .number {{ font-size: 13px; fill: {FAINT}; text-anchor: middle; }}
    .key {{ font-size: 18px; font-weight: 600; text-anchor: middle; }}
    .left {{ font-size: 13px; }}
    .note {{ font-size: 13px; text-anchor: middle; }}
"""


def left_of(frame: int) -> float:
    """Where the cell of a frame begins; the new frame stands a little apart."""
    return LEFT + (frame - FIRST_SHOWN) * STEP + (18 if frame >= PRESENT else 0)


def key(frame: int, y: float, pressed: str, known: bool, ring: str = "") -> list[str]:
    x = left_of(frame)
    if known:
        parts = [box(x, y, CELL, TALL, SURE), text(x + CELL / 2, y + 27, pressed, "key", "#ffffff")]
    else:
        border = f'stroke="{SURE}" stroke-width="1.6" stroke-dasharray="5 4"'
        parts = [
            box(x, y, CELL, TALL, GUESS, border),
            text(x + CELL / 2, y + 27, f"{pressed} ?", "key", SURE),
        ]
    if ring:
        parts.append(box(x - 3.5, y - 3.5, CELL + 7, TALL + 7, "none", f'stroke="{ring}" stroke-width="2.6"'))
    return parts


def grid(moment: Moment, y: float, last: int, rings: dict[int, str]) -> list[str]:
    """Frame numbers, Ann's row, Bob's row; `rings`: frame -> colour around Bob's key."""
    frames = range(FIRST_SHOWN, PRESENT + 1)
    parts = [text(left_of(frame) + CELL / 2, y, str(frame), "number") for frame in frames]
    for row, name in enumerate(("Ann", "Bob")):
        top = y + 12 + row * (TALL + 12)
        parts.append(text(LEFT - 16, top + 27, name, "name"))
        for frame in range(FIRST_SHOWN, last + 1):
            ring = rings.get(frame, "") if row else ""
            parts += key(frame, top, moment.played[frame][row], frame < moment.confirmed[row], ring)
        if last < PRESENT:
            border = f'stroke="{LINE}" stroke-width="1.6"'
            parts.append(box(left_of(PRESENT), top, CELL, TALL, "none", border))
    return parts


def confirmed_bar(moment: Moment, y: float) -> list[str]:
    end = min(moment.confirmed)
    x = left_of(end) - 5
    return [
        line(f"M{LEFT + 2} {y} H{x - 2}", SURE, 5),
        line(f"M{x} {y - 9} V{y + 9}", SURE),
        text(LEFT, y + 22, f"confirmed: frames below {end} never change again", "left", SURE),
    ]


def packet(story: Story, y: float) -> list[str]:
    """What arrives, beneath the frames it is about, with the verdict on each guess."""
    x = left_of(KNOWN)
    wide = left_of(KNOWN + 2) + CELL - x
    parts = [
        text(LEFT - 16, y + 27, "a packet", "name"),
        line(f"M{LEFT - 2} {y + 21} H{x - 29}", FAINT, 1.8, 'stroke-dasharray="1 6"'),
        head(x - 17, y + 21, FAINT),
        box(x - 10, y - 10, wide + 20, TALL + 20, "#ffffff", f'stroke="{LINE}" stroke-width="1.6"'),
    ]
    for frame in range(KNOWN, KNOWN + 3):
        truth, used = BOB[frame], story.before.played[frame][1]
        right = truth == used
        parts += key(frame, y, truth, known=True, ring="" if right else WRONG)
        words, colour = ("as guessed", SURE) if right else (f"not {used}", WRONG)
        parts.append(text(left_of(frame) + CELL / 2, y + TALL + 30, words, "note", colour))
    return parts


def way_back(story: Story, y: float) -> list[str]:
    """Over the second grid: back to the snapshot, forward again, and on."""
    start, present = left_of(story.first_wrong), left_of(PRESENT)
    back = f"M{present - 12} {y} C{present - 40} {y - 44} {start + 30} {y - 44} {start + 4} {y - 2}"
    replayed = f"{story.depth} frames again, in one go"
    below = y + 12 + 2 * TALL + 12 + 42
    return [
        line(back, AGAIN),
        head(start + 6, y - 2, AGAIN, 118),
        text(
            (start + present) / 2 - 4,
            y - 44,
            f"back to the snapshot before frame {story.first_wrong}",
            "note",
        ),
        line(f"M{start} {below} H{present - 32}", AGAIN),
        head(present - 22, below, AGAIN),
        text((start + present) / 2 - 10, below + 20, replayed, "note"),
        line(f"M{present} {below} H{present + CELL - 10}", INK),
        head(present + CELL, below, INK),
        text(present + CELL / 2, below + 20, "the new frame", "note"),
    ]


def order(y: float) -> list[str]:
    """The seven steps of one frame, the two of the picture in colour."""
    steps = ("receive", "reconcile", "record", "ask", "advance", "send", "draw, sleep")
    colours = {"receive": SURE, "reconcile": AGAIN, "advance": INK}
    wide = (WIDTH - 2 * 40 - 6 * 12) / 7
    parts = []
    for number, step in enumerate(steps):
        x = 40 + number * (wide + 12)
        fill = colours.get(step, "#efece4")
        parts.append(box(x, y, wide, 36, fill))
        parts.append(
            text(x + wide / 2, y + 23, f"{number + 1}  {step}", "note", "#ffffff" if step in colours else INK)
        )
    return parts


def legend() -> list[str]:
    """What full and dashed keys mean."""
    border = f'stroke="{SURE}" stroke-width="1.6" stroke-dasharray="5 4"'
    return [
        box(WIDTH - 232, 32, 26, 18, SURE),
        text(WIDTH - 198, 46, "known", "left"),
        box(WIDTH - 132, 32, 26, 18, GUESS, border),
        text(WIDTH - 98, 46, "guessed", "left"),
    ]


def picture() -> str:
    story = play()
    again = dict.fromkeys(range(story.first_wrong, PRESENT), AGAIN)
    again_words = f"Frames {story.first_wrong} to {PRESENT - 1} were played again,"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="One frame with a wrong guess: back to the snapshot, replay, then the new frame">',
        f"<style>{STYLE}</style>",
        box(0.5, 0.5, WIDTH - 1, HEIGHT - 1, PAPER, f'stroke="{LINE}"'),
        text(40, 48, f"Frame {PRESENT} on Ann's machine", "title"),
        *legend(),
        text(40, 86, "As the frame begins", "head"),
        text(
            40,
            112,
            f"Bob's keys are known up to frame {KNOWN - 1}. The guess: he still holds the last one.",
            "said",
        ),
        *grid(story.before, 148, PRESENT - 1, {}),
        *confirmed_bar(story.before, 276),
        *packet(story, 328),
        text(40, 460, "After one rollback", "head"),
        text(40, 486, f"{again_words} unseen, before frame {PRESENT} with a new guess.", "said"),
        *way_back(story, 560),
        *grid(story.after, 560, PRESENT, again),
        *confirmed_bar(story.after, 688),
        *order(HEIGHT - 62),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture())

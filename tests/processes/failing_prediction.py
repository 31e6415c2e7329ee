"""Guesses of a user's own that fail in mid-match: they raise, or they are no input."""


class Failing:
    def __init__(self, default: bytes) -> None:
        self.learned = 0

    def learn(self, data: bytes) -> None:
        self.learned += 1
        if self.learned == 50:
            raise ValueError("no idea")

    def predict(self, ahead: int) -> bytes:
        return b"no input" if self.learned > 20 else b"\0"

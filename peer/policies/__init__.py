"""Trained players: where they are loaded from, what they see, and when they think."""

"""Links and whole matches in virtual time. All randomness comes from a `random.Random` handed in."""

"""When confirmed digests differ: which frame, which field, and who is alone with it."""

"""When confirmed digests differ: which frame, which field, who is alone with it, and how it is healed."""

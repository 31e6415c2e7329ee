"""The protocol: timelines, rollback, links, digests, sessions. Pure: bytes and `now` in, packets out."""

"""Packets and people from other machines: receiving, sending, addresses, finding a match."""

"""Luck and time: found, and answered from the match."""

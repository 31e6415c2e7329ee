"""Brings players together: lobby and matchmaking are pure, the server is one socket around them."""

"""Environments as simulations: adapters, state graph, digests, certification, fingerprint."""

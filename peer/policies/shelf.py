"""Policies loaded before anybody is told that we want to play: it may take seconds, or fail."""

from __future__ import annotations

from collections.abc import Sequence

from peer.policies.hosted import HostedPolicy
from peer.policies.options import PolicyOptions, split_words
from peer.policies.policy import Policy, load_policy

Wanted = tuple[str, bool]  # where it is from, and whether it is to be deterministic


class PolicyShelf:
    """Each is given out once. Not to be shared by threads."""

    def __init__(self) -> None:
        self._ready: list[tuple[Wanted, Policy]] = []
        self._hosted: list[HostedPolicy] = []

    def prepare(self, specs: Sequence[str], shared: PolicyOptions) -> None:
        """Load those of `specs` that are policies; others are passed over.

        Raises: ConfigError for the first that cannot be loaded.
        """
        for spec in specs:
            if spec.startswith("policy:"):
                source, options = _read(spec.removeprefix("policy:"), shared)
                wanted = source, options.deterministic
                self._ready.append((wanted, self._load(wanted)))

    def take(self, argument: str, shared: PolicyOptions) -> tuple[Policy, PolicyOptions]:
        """The policy, from the shelf or loaded now, and how it sees and acts. Raises: ConfigError."""
        source, options = _read(argument, shared)
        wanted = source, options.deterministic
        for place, (there, policy) in enumerate(self._ready):
            if there == wanted:
                del self._ready[place]
                return policy, options
        return self._load(wanted), options

    def close(self) -> None:
        """End the processes of those that have one."""
        for policy in self._hosted:
            policy.close()

    def _load(self, wanted: Wanted) -> Policy:
        policy = load_policy(*wanted)
        if isinstance(policy, HostedPolicy):
            self._hosted.append(policy)
        return policy


def _read(argument: str, shared: PolicyOptions) -> tuple[str, PolicyOptions]:
    source, words = split_words(argument)
    return source, shared.but(words, f"controller 'policy:{argument}'")

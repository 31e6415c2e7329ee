"""Why two peers cannot play together, in words that a person can act on.

Both sides are told the same remedy: a version is named once, the newer, and on which side to install it.
What the remote sent is shown, and becomes part of a command only where it looks like a version of a package
that is installed here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, islice
from typing import Final

from netcode.fingerprint import ABOUT, FIELDS_NAMED, Fingerprint, both_values, differing_fields

_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.+!-]{0,31}")
_CPU_FEATURE: Final = re.compile(r"\b[A-Z][A-Z0-9_]{1,23}\b")
_OPTIONS: Final = {"window": "prediction-window", "env_args": "env-arg"}  # of settings: named as typed
_OWN: Final = ("seed", "input_delay")  # each peer brings its own

# A difference of the first explains differences of those behind it, which are then left out.
_CAUSES: Final = ("env", "env_args", "version.", "code.", "python")
_EFFECTS: Final = ("spec", "slots", "wrappers", "observations", "inputs", "rollback", "window", "on_desync")
_OF_LOCKSTEP: Final = ("window", "on_desync")


def what_differs(
    our_settings: Mapping[str, str],
    ours: Fingerprint,
    their_settings: Mapping[str, str],
    theirs: Fingerprint,
    who: str,
) -> str | None:
    """One line for our side; None where nothing differs. `who`: a name, or names, for theirs.

    settings: as `MatchSettings.fields()`; those that each peer brings itself are not compared.
    """
    settings = [key for key in differing_fields(our_settings, their_settings) if key not in _OWN]
    # The environment and its arguments stand in both.
    game = [key for key in differing_fields(ours, theirs) if key.partition(".")[0] not in settings]
    if "env" in settings:  # all else follows from it
        settings, game = ["env"], []
    if any(key.startswith(_CAUSES) for key in settings + game):
        settings = [key for key in settings if key not in _EFFECTS]
        game = [key for key in game if key not in _EFFECTS]
    if "rollback" in game:  # without it a peer plays in lockstep, whatever was asked for
        settings = [key for key in settings if key not in _OF_LOCKSTEP]
    floats = [key.partition(".")[2] for key in game if key.startswith("floats.")]
    if "version.numpy" in game or "machine" in game:  # they follow
        floats = []
    versions = sorted((key for key in game if key.startswith("version.")), key=_numpy_first)
    others = [key for key in game if not key.startswith(("version.", "floats."))]
    clauses = chain(
        (_setting(key, our_settings, their_settings, who) for key in settings),
        (_version(key, ours, theirs, who) for key in versions),
        (_words(key, ours, theirs, who) for key in others),
        _floats(floats, ours, theirs, who) if floats else (),
    )
    said = list(islice(clauses, FIELDS_NAMED))
    more = len(settings) + len(versions) + len(others) + bool(floats) - len(said)
    return "; ".join(said + [f"and {more} more differ"] * (more > 0)) or None


def _setting(key: str, ours: Fingerprint, theirs: Fingerprint, who: str) -> str:
    here, there = both_values(key, ours, theirs)
    option = "--" + _OPTIONS.get(key, key).replace("_", "-")
    return f"{option} is {here} here and {there} at {who}'s: give both the same"


def _numpy_first(key: str) -> tuple[bool, str]:
    """Where numpy differs, more does."""
    return key != "version.numpy", key


def _version(key: str, ours: Fingerprint, theirs: Fingerprint, who: str) -> str:
    name = key.partition(".")[2]
    here, there = both_values(key, ours, theirs)
    seen = f"{name} is {here} here and {there} at {who}'s"
    if not (_VERSION.fullmatch(here) and _VERSION.fullmatch(there)):
        return f"{seen}: install the same on both"
    newer = max(here, there, key=_order)
    where = "here" if newer == there else f"at {who}'s"
    return f"{seen}: install the same, {where}: pip install {name}=={newer}"


def _order(version: str) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", version)], version


_WORDS: Final[Mapping[str, str]] = {
    "protocol": "netplay's protocol is {here} here and {there} at {who}'s: install the same netplay",
    "python": "Python is {here} here and {there} at {who}'s: use the same on both",
    "machine": "the processor is {here} here and {there} at {who}'s: play on machines of one kind",
    "bytes": "the byte order is {here} here and {there} at {who}'s: play on machines of one kind",
    "rollback": "rollback: {here}; at {who}'s: {there}; `netplay check` on both says why",
}


def _words(key: str, ours: Fingerprint, theirs: Fingerprint, who: str) -> str:
    here, there = both_values(key, ours, theirs)
    if key in _WORDS:
        return _WORDS[key].format(here=here, there=there, who=who)
    kind, _, name = key.partition(".")
    if kind == "code" and name:
        return f"the code of {name} is not the same here and at {who}'s: copy the same files to both"
    return f"the environment's {key} is {here} here and {there} at {who}'s: use the same environment"


def _floats(names: list[str], ours: Fingerprint, theirs: Fingerprint, who: str) -> list[str]:
    """Results of arithmetic differ, with the same numpy on the same kind of machine."""
    said = []
    if any(name.startswith("numpy.") for name in names):
        mine, others = _cpu_features(ours), _cpu_features(theirs)
        more_here = [feature for feature in mine if feature not in others]
        more_there = [feature for feature in others if feature not in mine]
        said += _more_features("this CPU", f"{who}'s", "here", more_here)
        said += _more_features(f"{who}'s CPU", "this one", f"at {who}'s", more_there)
    if "numpy.matmul" in names:
        said.append("products of matrices differ: start both with OPENBLAS_CORETYPE=Haswell")
    here, there = both_values(f"{ABOUT}libc", ours, theirs)
    if here != there and {"math", "pow", "numpy.sin"} & set(names):
        said.append(
            f"the C library is {here} here and {there} at {who}'s, so floats differ: "
            "use the same system, or one container image, on both"
        )
    return said or [
        f"floats differ from {who}'s ({', '.join(names)}): use the same system and the same build of numpy, "
        "or one container image, on both"
    ]


def _cpu_features(fingerprint: Fingerprint) -> list[str]:
    return _CPU_FEATURE.findall(fingerprint.get(f"{ABOUT}cpu", ""))


def _more_features(cpu: str, other: str, where: str, features: list[str]) -> list[str]:
    """`AVX-512` where that is meant by the names that numpy has for it."""
    if not features:
        return []
    plain = ["AVX-512" if one == "X86_V4" or one.startswith("AVX512") else one for one in features]
    return [
        f"{cpu} has {' and '.join(dict.fromkeys(plain))} and {other} has not, so floats differ: "
        f'start {where} with NPY_DISABLE_CPU_FEATURES="{" ".join(features)}"'
    ]

"""What differs between two peers, in words that tell both the same remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcode.fingerprint import differing_fields
from netcode.mismatch import what_differs
from netcode.settings import MatchSettings

SETTINGS = MatchSettings(env="E").fields()
GAME = {
    "env": "E",
    "python": "cpython 3.12",
    "machine": "x86_64",
    "spec": "id=E",
    "about.cpu": "X86_V3 X86_V4 AVX512_ICL",
    "about.libc": "glibc 2.36",
    "floats.math": "1",
    "floats.numpy.exp": "1",
    "floats.numpy.matmul": "1",
    "code.mygame": "1",
    "version.numpy": "2.4.1",
    "version.gymnasium": "1.2.0",
}
FIELDS = st.sampled_from([*GAME, *SETTINGS, "version.x", "code.", "floats.", "env_args.a", "new"])
FINGERPRINTS = st.dictionaries(FIELDS, st.sampled_from(["1", "2", "10.0", "x\n", "A" * 99]), max_size=6)


def both(**changes):
    """What a peer with GAME and bob, who has `changes` of it (dots as __), are told."""
    other = GAME | {name.replace("__", "."): text for name, text in changes.items()}
    here = what_differs(SETTINGS, GAME, SETTINGS, other, "bob")
    return here, what_differs(SETTINGS, other, SETTINGS, GAME, "ann")


def test_both_are_told_to_install_the_newer_version():
    here, there = both(version__numpy="2.3.5", floats__math="2", floats__numpy__exp="2", spec="other")
    assert (
        here == "numpy is 2.4.1 here and 2.3.5 at bob's: install the same, at bob's: pip install numpy==2.4.1"
    )
    assert there == "numpy is 2.3.5 here and 2.4.1 at ann's: install the same, here: pip install numpy==2.4.1"
    here, there = both(version__numpy="2.10.0rc1")
    assert here.endswith("here: pip install numpy==2.10.0rc1")


@pytest.mark.parametrize("version", ["2.3 --index-url http://evil", "2;reboot", "$(x)", "", "9" * 99])
def test_no_command_is_made_of_what_is_no_version(version):
    assert all(
        "pip" not in told and "install the same on both" in told for told in both(version__numpy=version)
    )


def test_a_package_that_only_one_has_is_not_recommended():
    theirs = GAME | {"version.evil": "1.0"}
    told = what_differs(SETTINGS, GAME, SETTINGS, theirs, "bob")
    assert told == "evil is (absent) here and 1.0 at bob's: install the same on both"


def test_floats_of_another_processor():
    here, there = both(floats__numpy__exp="2", about__cpu="X86_V3")
    setting = 'NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL"'
    assert here == f"this CPU has AVX-512 and bob's has not, so floats differ: start here with {setting}"
    assert (
        there
        == f"ann's CPU has AVX-512 and this one has not, so floats differ: start at ann's with {setting}"
    )
    assert "start both with OPENBLAS_CORETYPE=Haswell" in both(floats__numpy__matmul="2")[0]
    assert "glibc 2.36 here and glibc 2.39 at bob's" in both(floats__math="2", about__libc="glibc 2.39")[0]
    assert both(floats__math="2")[0].startswith("floats differ from bob's (math): use the same system")


def test_lockstep_is_said_once():
    theirs = GAME | {"rollback": "no, lockstep only"}
    lockstep = MatchSettings(env="E", window=0).fields()
    told = what_differs(SETTINGS, GAME | {"rollback": "yes"}, lockstep, theirs, "bob")
    assert told == "rollback: yes; at bob's: no, lockstep only; `netplay check` on both says why"


def test_facts_about_the_machine_are_no_difference():
    assert both(about__cpu="X86_V2", about__libc="musl 1") == (None, None)


def test_other_causes_say_what_to_do():
    assert "copy the same files to both" in both(code__mygame="2")[0]
    assert both(python="cpython 3.13")[0].endswith("use the same on both")
    assert both(spec="id=E v1")[0].endswith("use the same environment")
    assert both(machine="aarch64", floats__math="2")[0].endswith("play on machines of one kind")


@given(FINGERPRINTS, FINGERPRINTS, FINGERPRINTS, FINGERPRINTS)
def test_whatever_differs_something_is_said(ours, theirs, our_settings, their_settings):
    own = {"seed", "input_delay"}
    differs = differing_fields(ours, theirs) or set(differing_fields(our_settings, their_settings)) - own
    told = what_differs(our_settings, ours, their_settings, theirs, "bob")
    assert (told is not None) == bool(differs)

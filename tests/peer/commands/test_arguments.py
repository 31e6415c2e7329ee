"""Every option of every verb with what nobody should write: one line that names it, code 2, nothing begun."""

import inspect
import sys
from typing import get_args

import pytest
import typer

from peer.commands import verbs
from peer.commands.main import main

NUMBERS = ("nan", "inf", "-inf", "-1", "9" * 400, "1e400", "x", "0x10")
TEXTS = ("", "a\x1b[31mb", "a\nb", "a\udcff", "\u202eb")
FLAGS = (bool, bool | None)
STARTS = {"check": ["E"], "replay": ["L"], "soak": ["S"]}  # arguments that have to be there


def options():
    for verb in verbs.app.registered_commands:
        hints = inspect.get_annotations(verb.callback, eval_str=True)
        for name, hint in hints.items():
            if name == "return" or hint is typer.Context:
                continue
            kind, info = get_args(hint)[:2]
            if isinstance(info, typer.models.OptionInfo) and kind not in FLAGS:
                declared = [one for one in (info.default, *info.param_decls) if isinstance(one, str)]
                option = declared[0] if declared else "--" + name.replace("_", "-")
                numeric = any(part in (int, float) for part in (kind, *get_args(kind)))
                yield verb.callback.__name__, option, numeric


ALL = list(options())  # of the verbs as they are


@pytest.fixture(scope="module")
def stubbed():
    """All verbs, which only note that they were begun."""
    begun = []
    with pytest.MonkeyPatch.context() as patch:
        for verb in verbs.app.registered_commands:

            def begin(verb=verb.callback, **kwargs):
                begun.append(verb)

            begin.__signature__ = inspect.signature(verb.callback, eval_str=True)
            begin.__annotations__ = inspect.get_annotations(verb.callback, eval_str=True)
            begin.__name__ = verb.callback.__name__
            patch.setattr(verb, "callback", begin)
        command = typer.main.get_command(verbs.app)
        patch.setattr(verbs, "app", lambda standalone_mode: command(standalone_mode=standalone_mode))
        yield begun


@pytest.fixture
def parse(stubbed, monkeypatch, capsys, tmp_path):
    """Exit code and stderr of words, and whether the verb was begun."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*words):
        stubbed.clear()
        monkeypatch.setattr(sys, "argv", ["netplay", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err, bool(stubbed)

    return run


def test_there_are_many_and_numbers_among_them():
    assert len(ALL) > 80
    assert sum(numeric for _, _, numeric in ALL) > 30


@pytest.mark.parametrize(("verb", "option", "numeric"), ALL)
def test_what_makes_no_sense_is_refused_by_name(verb, option, numeric, parse):
    for value in TEXTS + (NUMBERS if numeric else ()):
        for words in ([option, value], [f"{option}={value}"]):
            code, said, begun = parse(verb, *STARTS.get(verb, []), *words)
            assert (code, begun) == (2, False), (words, said)
            assert said.startswith("netplay: ") and said.count("\n") == 1, said
            assert f"'{option}'" in said, said
            assert said[:-1].isprintable() and len(said) < 250, said


def test_a_name_that_nobody_could_see(parse):
    for name in (" ", "\u3000", "a\xa0b", "x" * 49):
        code, said, begun = parse("peer", "--env", "E", "--name", name)
        assert (code, begun, said.count("\n")) == (2, False, 1)
        assert "'--name'" in said and said[:-1].isprintable()


def test_an_argument_that_cannot_be_shown(parse):
    for value in TEXTS:
        code, said, begun = parse("match", value)
        assert (code, begun, said.count("\n")) == (2, False, 1)
        assert said[:-1].isprintable()


@pytest.mark.parametrize(
    "words",
    [
        ["match", "--env", "E", "--fps", "29.97", "--frames", "0", "--seed", str(2**63 - 1)],
        ["match", "--env", "E", "--prediction-window", "0", "--env-arg", "a=", "--env-arg=b="],
        ["peer", "--env", "E", "--name", "Zoë Müller", "--join-timeout", "0.5", "--slot", "0"],
        ["spectate", "--timeout", "0"],
        ["spectate", "--out", "runs/\u3000\xa0x"],
        ["soak", "short", "--minutes", "0.1"],
    ],
)
def test_what_makes_sense_is_taken(words, parse):
    code, said, begun = parse(*words)
    assert (code or 0, begun) == (0, True), said

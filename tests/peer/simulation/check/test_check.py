"""`netplay check` as a user runs it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from netcode.errors import NetplayError
from peer.commands.check import check

app = typer.Typer()
app.command()(check)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, NetplayError):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_certified_environment_exits_0_with_a_verdict() -> None:
    code, shown = run("planted_games:Walk", "--frames", "90", "--env-arg", "length=30")
    assert code == 0
    assert "rollback at 30 fps with up to" in shown
    assert "capture" in shown


def test_lockstep_is_an_honest_claim_too() -> None:
    code, shown = run("planted_games:Endless", "--frames", "20")
    assert code == 0
    assert "lockstep only because" in " ".join(shown.split())


@pytest.mark.parametrize("game", ["Unseeded", "HiddenState"])
def test_a_fault_exits_1_and_names_the_field(game: str) -> None:
    code, shown = run(f"planted_games:{game}", "--frames", "60")
    assert code == 1
    assert "positions['" in shown.splitlines()[-1]


def test_json_is_for_programs() -> None:
    code, shown = run("planted_games:Walk", "--frames", "60", "--json")
    assert code == 0
    report = json.loads(shown)
    assert report["ok"] is True
    assert report["mode"] == "rollback"
    assert report["costs_us"]["capture"] > 0
    assert (report["entropy"], report["checks"][0]["culprit"]) == ([], None)


def test_unknown_environments_raise_one_line_for_the_command_to_print() -> None:
    with pytest.raises(NetplayError, match="did you mean"):
        run("CartPoel-v1")

"""`netplay sim`: whole matches in virtual time, with faults, each judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcode.errors import ConfigError
from peer.commands import arguments as a

if TYPE_CHECKING:
    from rich.console import Console

    from netcode.simulator.scenario import Scenario
    from netcode.simulator.swarm import Verdict
    from peer.fleet.seed_pool import Judged, SeedJudge


def sim(
    seeds: Annotated[str, typer.Option("--seeds", metavar="A-B", help="Play these seeds.")] = "1-100",
    players: Annotated[
        int | None,
        typer.Option("--players", metavar="N", parser=a.whole(2, 8), help="2 to 8; drawn if not given."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", metavar="N", parser=a.whole(1, 256), help="Processes at once; one a core if not given."
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Play each seed once instead of twice.")] = False,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="FILE", help="Play a stored scenario instead.")
    ] = None,
    environments: Annotated[
        bool, typer.Option("--environments", help="Real environments instead, each over a bad link.")
    ] = False,
    frames: Annotated[
        int,
        typer.Option(
            "--frames", metavar="N", parser=a.whole(1, 10**9), help="Of each match of an environment."
        ),
    ] = 1000,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where failing scenarios are stored.")
    ] = Path("runs/sim"),
) -> None:
    """Play whole matches in virtual time, with bad links, outages, hostile peers, and judge every one.

    Each seed is one scenario of 20 virtual seconds, played twice. A seed that fails is made small and stored
    as a file. Exit code 0 only if no promise was broken.

    Example: netplay sim --seeds 1-300 --players 2
    """
    from rich.console import Console

    console = Console()
    if environments:
        good = _environments(frames, console)
    elif replay is not None:
        good = _replay(replay, console)
    else:
        first, last = _range(seeds)
        good = _swarm(range(first, last + 1), players, jobs, 1 if once else 2, out, console)
    raise typer.Exit(0 if good else 1)


def _environments(frames: int, console: Console) -> bool:
    from peer.simulation.check.virtual_match import play_all

    good = True
    for result in play_all(frames=frames):
        entry, good = result.entry, good and not result.faults
        verdict = result.skipped or "; ".join(result.faults) or "all equal, to the reference too"
        console.print(
            f"{entry.env}, {entry.players} players ({entry.acts}): {verdict}", highlight=False, soft_wrap=True
        )
        if not result.skipped:
            played = f"{result.frames} frames, {result.episodes} ends of episodes"
            taken_back = f"{result.rollbacks} rollbacks, {result.deepest} deep"
            console.print(f"    {played}, {taken_back}, {result.seconds:.0f} s", style="dim")
    return good


def _range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    try:
        a, b = int(first), int(last if dash else first)
    except ValueError:
        raise ConfigError(f"--seeds {text[:80]}: write it as A-B, as in 1-100") from None
    if not 0 <= a <= b < 2**63:
        raise ConfigError(f"--seeds {text[:80]}: from a smaller seed to a larger one")
    return a, b


@dataclass
class _Tally:
    """Sums over all seeds of one number of players."""

    seeds: int = 0
    frames: int = 0
    rollbacks: int = 0
    faults: int = 0
    lost: int = 0
    forged: int = 0
    split: int = 0
    violations: int = 0

    def add(self, scenario: Scenario, verdict: Verdict) -> None:
        self.seeds += 1
        self.frames += verdict.frames
        self.rollbacks += verdict.rollbacks
        self.faults += len(scenario.faults)
        self.lost += verdict.packets_lost
        self.forged += verdict.packets_forged
        self.split += verdict.split
        self.violations += len(verdict.violations)


@dataclass
class _Round:
    tallies: dict[int, _Tally] = field(default_factory=dict)
    failing: list[Judged] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        players = judged.scenario.settings.players
        self.tallies.setdefault(players, _Tally()).add(judged.scenario, judged.verdict)
        if judged.verdict.violations:
            self.failing.append(judged)


def _swarm(
    seeds: range, players: int | None, jobs: int | None, times: int, out: Path, console: Console
) -> bool:
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from broker.witness import Witness
    from peer.fleet.seed_pool import SeedJudge, cores, judge_seeds

    done, jobs, judge = _Round(), jobs or cores(), SeedJudge(Witness, players, times)
    columns = (
        TextColumn("seed {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    began = time.perf_counter()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(str(seeds[0]), total=len(seeds))
        for judged in judge_seeds(seeds, judge, jobs):
            done.add(judged)
            progress.update(task, description=str(judged.seed), advance=1)
    took = time.perf_counter() - began
    _print_round(done, console)
    by = "one process" if jobs == 1 else f"{jobs} processes"
    rate = f"{len(seeds)} seeds in {took:.1f} s by {by}: {len(seeds) * 60 / took:.0f} a minute"
    console.print(f"{rate}, each played {times}x.")
    for judged in done.failing:
        _report_failure(judged, judge, out, console)
    if not done.failing:
        console.print("No promise was broken.", style="green")
    return not done.failing


def _print_round(done: _Round, console: Console) -> None:
    from peer.fleet.tables import plain_table

    columns = ("players", "seeds", "frames", "rollbacks", "faults", "lost", "forged", "split", "broken")
    table = plain_table("simulated matches", (), columns)
    for count, tally in sorted(done.tallies.items()):
        faults = (tally.faults, tally.lost, tally.forged, tally.split, tally.violations)
        numbers = (tally.seeds, tally.frames, tally.rollbacks, *faults)
        table.add_row(str(count), *(f"{number:,}" for number in numbers))
    console.print(table)


def _report_failure(judged: Judged, how: SeedJudge, out: Path, console: Console) -> None:
    """Says what broke and how to see it again; shrinks and stores the scenario."""
    from netcode.simulator.shrink import shrink
    from peer.records.match_files import write_or_say
    from peer.streams import put

    seed, chosen = judged.seed, f" --players {how.players}" if how.players else ""
    console.print(f"FAILED netplay sim --seeds {seed}-{seed}{chosen}", style="red", soft_wrap=True)
    for violation in judged.verdict.violations[:3]:
        console.print(f"  {violation}", markup=False, soft_wrap=True)
    with console.status("making it small"):
        small = shrink(judged.scenario, lambda candidate: bool(how.judge(candidate).violations))
    file = out / f"seed-{seed}-players-{judged.scenario.settings.players}.json"
    if write_or_say(file, small.to_json(), console.print, lambda text: put(text, console.file)):
        console.print(f"  {len(small.faults)} faults left: netplay sim --replay {file}", soft_wrap=True)


def _replay(file: Path, console: Console) -> bool:
    from broker.witness import Witness
    from netcode.simulator.scenario import Scenario
    from peer.fleet.seed_pool import Judged, SeedJudge
    from peer.text_files import read_text

    scenario = Scenario.from_json(read_text(file), str(file))
    verdict = SeedJudge(Witness).judge(scenario)
    done = _Round()
    done.add(Judged(0, scenario, verdict))
    _print_round(done, console)
    for violation in verdict.violations:
        console.print(violation, style="red", markup=False, soft_wrap=True)
    return not verdict.violations

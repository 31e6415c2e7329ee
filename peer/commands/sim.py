"""`netplay sim`: whole matches in virtual time, with faults, each judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netcode.errors import ConfigError
from peer.commands import arguments as a

if TYPE_CHECKING:
    from rich.console import Console

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


def _sums(judged: Sequence[Judged]) -> dict[int, Counter[str]]:
    """Sums over all seeds, by number of players."""
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for each in judged:
        scenario, verdict = each.scenario, each.verdict
        sums[scenario.settings.players].update(
            seeds=1,
            frames=verdict.frames,
            rollbacks=verdict.rollbacks,
            faults=len(scenario.faults),
            lost=verdict.packets_lost,
            forged=verdict.packets_forged,
            split=verdict.split,
            broken=len(verdict.violations),
        )
    return sums


def _swarm(
    seeds: range, players: int | None, jobs: int | None, times: int, out: Path, console: Console
) -> bool:
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from broker.witness import Witness
    from peer.fleet.seed_pool import SeedJudge, cores, judge_seeds

    jobs, judge = jobs or cores(), SeedJudge(Witness, players, times)
    columns = (
        TextColumn("seed {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    began = time.perf_counter()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(str(seeds[0]), total=len(seeds))
        done = []
        for judged in judge_seeds(seeds, judge, jobs):
            done.append(judged)
            progress.update(task, description=str(judged.seed), advance=1)
    took = time.perf_counter() - began
    _print_round(done, console)
    by = "one process" if jobs == 1 else f"{jobs} processes"
    rate = f"{len(seeds)} seeds in {took:.1f} s by {by}: {len(seeds) * 60 / took:.0f} a minute"
    console.print(f"{rate}, each played {times}x.")
    failing = [judged for judged in done if judged.verdict.violations]
    for judged in failing:
        _report_failure(judged, judge, out, console)
    if not failing:
        console.print("No promise was broken.", style="green")
    return not failing


def _print_round(done: Sequence[Judged], console: Console) -> None:
    from peer.fleet.tables import plain_table

    columns = ("seeds", "frames", "rollbacks", "faults", "lost", "forged", "split", "broken")
    table = plain_table("simulated matches", (), ("players", *columns))
    for count, sums in sorted(_sums(done).items()):
        table.add_row(str(count), *(f"{sums[column]:,}" for column in columns))
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
    _print_round([Judged(0, scenario, verdict)], console)
    for violation in verdict.violations:
        console.print(violation, style="red", markup=False, soft_wrap=True)
    return not verdict.violations

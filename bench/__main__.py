"""`python -m bench`: the benchmarks there are."""

import sys
from collections.abc import Sequence

import click

from bench import bad, footprint, good, losses, many, outages, report
from bench.scenario import Result, Scenario
from bench.stage import Stage, stage
from delivery.cluster import DeliveryError
from tests.e2e.environment import lab, lab_is_up

SCENARIOS: tuple[Scenario, ...] = tuple(
    one for module in (good, bad, outages, losses, many, footprint) for one in module.SCENARIOS
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure the whole, on the lab."""


@main.command("list")
def list_command() -> None:
    """The benchmarks and their scenarios."""
    print("make bench-model DATA=FILE [GROUP=COLUMN] [ONLY=PART,...]   (python -m bench.model --help names the parts)")
    print("make bench-rollout [ONLY=NAME,...]")
    for one in SCENARIOS:
        print(f"  {one.name:18} {one.title}")


@main.command("rollout")
@click.option("--only", default="", metavar="NAME,...", help="some scenarios; see `python -m bench list`")
@click.option("--as-installed", is_flag=True, help="measure what is installed in the lab, whatever it was built from")
def rollout_command(only: str, *, as_installed: bool) -> None:
    """Rollouts under load: good, bad, disturbed. Exit code 1 when a target was missed."""
    chosen = choose(only.split(",") if only else [])
    was_up = lab_is_up()
    try:
        with stage(as_installed=as_installed) as made:
            results = [play(made, scenario) for scenario in chosen]
    finally:
        if not was_up:
            lab("down")
    if not all(results):
        sys.exit(1)


def choose(names: Sequence[str]) -> list[Scenario]:
    """The scenarios of those names in the order of the table; all for none.

    Raises:
        DeliveryError: there is no scenario of a name.
    """
    if unknown := set(names) - {one.name for one in SCENARIOS}:
        raise DeliveryError(f"no scenario is called {', '.join(sorted(unknown))}: see `python -m bench list`")
    return [one for one in SCENARIOS if not names or one.name in names]


def play(made: Stage, scenario: Scenario) -> bool:
    """Play one scenario, keep and show its row; whether the target was met."""
    print(f"==> {scenario.title}", flush=True)
    try:
        result = scenario.play(made)
    except (DeliveryError, AssertionError) as error:
        made.abandon()
        result = Result(f"broke off: {' '.join(str(error).split())[:300]}", met=False)
    print(f"    target   {scenario.target}\n    measured {result.measured}", flush=True)
    print(f"    {'met' if result.met else 'NOT MET'}", flush=True)
    report.record(scenario, result, source=made.source)
    report.write_page(SCENARIOS)
    return result.met


if __name__ == "__main__":
    try:
        main(prog_name="python -m bench")
    except DeliveryError as error:
        sys.exit(f"bench: {error}")

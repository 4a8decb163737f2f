"""`python -m bench.rollout`: run scenarios, print their rows, and write docs/bench-rollout.md."""

import sys
from collections.abc import Sequence

import click

from bench.rollout import bad, footprint, good, losses, many, outages, report
from bench.rollout.scenario import Scenario
from bench.rollout.stage import Stage, stage
from delivery.cluster import DeliveryError
from lab import client

SCENARIOS: tuple[Scenario, ...] = tuple(
    one for module in (good, bad, outages, losses, many, footprint) for one in module.SCENARIOS
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", default="", metavar="NAME,...", help="some scenarios; the rows of others are kept")
@click.option("--as-installed", is_flag=True, help="measure what is installed in the lab, whatever it was built from")
@click.option("--names", is_flag=True, help="show the scenarios by name, and end")
def main(only: str, *, as_installed: bool, names: bool) -> None:
    """Rollouts under load on the lab: good, bad, disturbed. Exit code 1 when a target was missed."""
    if names:
        for one in SCENARIOS:
            print(f"{one.name:18} {one.title}")
        return
    chosen = choose(only.split(",") if only else [])
    was_up = client.is_up()
    try:
        with stage(as_installed=as_installed) as made:
            results = [play(made, scenario) for scenario in chosen]
    finally:
        if not was_up:
            client.run("down")
    if not all(results):
        sys.exit(1)


def choose(names: Sequence[str]) -> list[Scenario]:
    """The scenarios with these names, in the order of the table; all scenarios if `names` is empty.

    Raises:
        DeliveryError: there is no scenario of that name.
    """
    if unknown := set(names) - {one.name for one in SCENARIOS}:
        raise DeliveryError(
            f"no scenario is called {', '.join(sorted(unknown))}: see `python -m bench.rollout --names`"
        )
    return [one for one in SCENARIOS if not names or one.name in names]


def play(made: Stage, scenario: Scenario) -> bool:
    """Run one scenario, keep and print its row, and return whether the target was met.

    A scenario that fails before its end measures nothing: its former row stays, with its date.
    """
    print(f"==> {scenario.title}", flush=True)
    try:
        result = scenario.play(made)
    except (DeliveryError, AssertionError) as error:
        made.abandon()
        print(f"    failed, nothing was measured: {error}", flush=True)
        return False
    print(f"    target   {scenario.target}\n    measured {result.measured}", flush=True)
    print(f"    {'met' if result.met else 'NOT MET'}", flush=True)
    report.record(scenario, result, source=made.source)
    report.write_page(SCENARIOS)
    return result.met


if __name__ == "__main__":
    try:
        main(prog_name="python -m bench.rollout")
    except DeliveryError as error:
        sys.exit(f"bench: {error}")

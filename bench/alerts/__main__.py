"""`python -m bench.alerts`: make every fault, write docs/bench-alerts.md and the pictures of docs/dashboards."""

import sys
from pathlib import Path

import click

from bench.alerts import pictures, recorded
from bench.alerts.page import PAGE, page
from bench.alerts.recorded import Rehearsal
from bench.alerts.rehearsal import rehearse
from bench.rollout.stage import stage
from delivery.cluster import ROOT, DeliveryError
from deploy.monitoring.generator.dashboards import ALL
from lab import client

PICTURES = ROOT / "docs" / "dashboards"
FOUND = ROOT / "build" / "alerts.json"
"""All results; pictures can be drawn from them again."""


@click.command()
@click.option("--as-installed", is_flag=True, help="measure what is installed in the lab, whatever it was built from")
@click.option("--redraw", is_flag=True, help="draw the pictures of the last run again")
def main(*, as_installed: bool, redraw: bool) -> None:
    """Exit code 1 when an alert did not fire or did not clear."""
    if redraw:
        _draw(recorded.read(FOUND))
        return
    was_up = client.is_up()
    try:
        with stage(as_installed=as_installed) as made:
            found = rehearse(made)
            PAGE.write_text(page(found, source=made.source))
    finally:
        if not was_up:
            client.run("down")
    FOUND.parent.mkdir(exist_ok=True)
    FOUND.write_text(found.to_json())
    _draw(found)
    for one in found.findings:
        print(f"{one.alert:30} {one.severity:8} fires {one.fire_seconds} s, gone {one.clear_seconds} s: {one.fault}")
    if any(None in (one.fire_seconds, one.clear_seconds) for one in found.findings):
        sys.exit(1)


def _draw(found: Rehearsal) -> None:
    PICTURES.mkdir(exist_ok=True)
    for dashboard in ALL:
        path: Path = PICTURES / f"{dashboard.name}.png"
        pictures.draw(dashboard, found.drawn, path)
        print(f"drawn: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main(prog_name="python -m bench.alerts")
    except DeliveryError as error:
        sys.exit(f"bench: {error}")

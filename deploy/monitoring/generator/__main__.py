"""`make monitoring`: write the rules and dashboards of deploy/."""

from pathlib import Path

import click

from deploy.monitoring.generator.written import RUNBOOKS, files

ROOT = Path(__file__).resolve().parents[3]


@click.command()
@click.option("--runbooks", default=RUNBOOKS, show_default=True, help="the folder or URL that alerts link to")
def main(runbooks: str) -> None:
    """Write the files that have changed."""
    for path, text in files(runbooks=runbooks).items():
        if not (ROOT / path).is_file() or (ROOT / path).read_text() != text:
            (ROOT / path).write_text(text)
            print(f"written: {path}")


if __name__ == "__main__":
    main(prog_name="python -m deploy.monitoring.generator")

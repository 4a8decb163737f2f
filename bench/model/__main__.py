"""`python -m bench.model`: measure, print, and write docs/bench-model.md."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from bench.model import rows
from bench.model.corpus import Data
from bench.model.page import TABLE
from bench.table import Row

PARTS: dict[str, Callable[[Data], list[Row]]] = {
    "counting": rows.counting,
    "prediction": rows.prediction,
    "recipes": rows.recipes,
    "search": rows.search,
    "features": rows.features,
    "characters": rows.characters,
    "growth": rows.growth,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", required=True, help="labelled reviews, as data.source in params.yaml")
@click.option("--group", default="", help="the column whose rows belong together")
@click.option("--only", default=",".join(PARTS), show_default=True, help="some parts; the rows of others are kept")
def main(data: str, group: str, only: str) -> None:
    """Measure the model's core and its training against scikit-learn."""
    source = Data(str(Path(data).resolve()) if Path(data).exists() else data, group)
    unknown = set(only.split(",")) - set(PARTS)
    if unknown:
        raise click.BadParameter(f"no part is called {', '.join(sorted(unknown))}")
    for name in only.split(","):
        click.echo(f"==> {name}", err=True)
        found = PARTS[name](source)
        for row in found:
            click.echo(json.dumps(row.__dict__, ensure_ascii=False))
        TABLE.keep(name, found)
        TABLE.write(list(PARTS))


if __name__ == "__main__":
    main(prog_name="python -m bench.model")

"""``python -m experiments --preset quick|paper [NAME …]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from critpoints.cli import progress
from critpoints.study.collect import check_jobs
from critpoints.validation import choice
from experiments import index_law, minima_fraction, scaling, spin_glass, trivialisation
from experiments.runner import House, Script, sample, write_page

EXPERIMENTS: Mapping[str, Script] = {
    "minima_fraction": minima_fraction,
    "index_law": index_law,
    "scaling": scaling,
    "spin_glass": spin_glass,
    "trivialisation": trivialisation,
}
PRESETS = ("quick", "paper")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments named, all by default; print the address of the page."""
    try:
        options = _parser().parse_args(arguments)
        names = [choice("experiment", name, EXPERIMENTS) for name in options.names]
        house = House(Path(options.root), choice("preset", options.preset, PRESETS))
        page = _run(names or list(EXPERIMENTS), house, check_jobs(options.jobs))
    except (ValueError, TypeError, OSError) as error:
        return _say(str(error), 2)
    except KeyboardInterrupt:
        again = " ".join(["python -m experiments", *(arguments or sys.argv[1:])])
        return _say(f"interrupted; what was sampled is kept: go on with {again}", 130)
    print(page.resolve())
    return 0


def _run(names: Sequence[str], house: House, jobs: int) -> Path:
    for name in dict.fromkeys(names):
        with progress.bar() as show:
            sample(name, EXPERIMENTS[name], house, jobs, show)
    return write_page(EXPERIMENTS, house)


class _Parser(argparse.ArgumentParser):
    """Bad input is one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m experiments", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPERIMENTS))
    parser.add_argument("--preset", default="quick", help="quick (default) or paper")
    parser.add_argument("--jobs", type=int, default=-1, help="workers; -1 is one a core")
    parser.add_argument("--root", default=".", help="folder of data/ and reports/")
    return parser


def _say(message: str, status: int) -> int:
    print(f"experiments: {' '.join(message.split())}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())

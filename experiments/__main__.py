"""``python -m experiments --preset quick|paper [NAME …]``."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from critpoints.cli import progress
from critpoints.errors import StoreError
from critpoints.study.workers import check_jobs
from critpoints.validation import choice
from experiments import (
    adaptive,
    depth_gradients,
    field_census,
    index_energy,
    index_law,
    known_functions,
    learning_rate,
    minima_fraction,
    minima_quality,
    momentum,
    network_escape,
    network_index,
    octopus,
    race,
    rare_minima,
    saddle_escape,
    scaling,
    spin_glass,
    trivialisation,
)
from experiments.runner import House, Script, sample, write_pages

CHAPTERS: Mapping[str, Mapping[str, Script]] = {
    "Which critical points are minima?": {
        "minima_fraction": minima_fraction,
        "scaling": scaling,
        "index_law": index_law,
        "rare_minima": rare_minima,
    },
    "Random and real functions": {
        "field_census": field_census,
        "index_energy": index_energy,
        "known_functions": known_functions,
        "spin_glass": spin_glass,
        "trivialisation": trivialisation,
    },
    "Getting past saddles": {
        "race": race,
        "saddle_escape": saddle_escape,
        "learning_rate": learning_rate,
        "octopus": octopus,
        "momentum": momentum,
        "adaptive": adaptive,
    },
    "Depth and networks": {
        "depth_gradients": depth_gradients,
        "network_index": network_index,
        "minima_quality": minima_quality,
        "network_escape": network_escape,
    },
}
"""Every experiment, in the order of the report: in each chapter the most important first."""
STORY = {
    "Is it 1/3^d?": "minima_fraction",
    "If not, with which base, and to the power d or d²?": "scaling",
    "Is it so for functions, where every critical point can be counted?": "field_census",
    "Are low critical points minima?": "index_energy",
    "Which optimizers get past saddles?": "race",
    "What does depth do?": "depth_gradients",
}
"""Questions of the front page, and who answers them, in the order of the report."""
EXPERIMENTS: Mapping[str, Script] = {
    name: script for part in CHAPTERS.values() for name, script in part.items()
}
PRESETS = ("quick", "paper")
FAILED = 3
"""Exit status when an experiment was left out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments named, all by default; print the address of the page."""
    try:
        options = _parser().parse_args(arguments)
        names = [choice("experiment", name, EXPERIMENTS) for name in options.names]
        house = House(Path(options.root), choice("preset", options.preset, PRESETS))
        page, failed = _run(names or list(EXPERIMENTS), house, check_jobs(options.jobs))
    except (ValueError, TypeError, OSError) as error:
        return _say(str(error), 2)
    except KeyboardInterrupt:
        again = " ".join(["python -m experiments", *(arguments or sys.argv[1:])])
        return _say(f"interrupted; what was sampled is kept: go on with {again}", 130)
    print(page.resolve())
    return FAILED if failed else 0


def _run(names: Sequence[str], house: House, jobs: int) -> tuple[Path, list[str]]:
    """The page, and the experiments that failed; the others go on without them."""
    failed = []
    wanted = list(dict.fromkeys(names))
    for place, name in enumerate(wanted, 1):
        begun = time.monotonic()
        which = f"{place} of {len(wanted)}: {name}"
        _say(f"{which} begins", 0)
        try:
            with progress.bar() as show:
                sample(name, EXPERIMENTS[name], house, jobs, show)
            _say(f"{which}, {time.monotonic() - begun:.0f} s", 0)
        except ImportError as error:
            failed.append(name)
            _say(f"{name} was left out: {error}", FAILED)
        except (OSError, StoreError):
            raise  # nothing can be written: the others would fail alike
        except Exception as error:
            failed.append(name)
            again = f"what was sampled is kept; to go on: {house.command(name)}"
            _say(f"{name} failed ({type(error).__name__}: {error}); {again}", FAILED)
    with warnings.catch_warnings(record=True) as said:
        page = write_pages(CHAPTERS, house, STORY)
    for warning in said:
        _say(str(warning.message), FAILED)
    return page, [*failed, *map(str, said)]


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

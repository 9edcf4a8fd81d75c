"""The command line: a command a file, one grammar, one line for every error."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

import typer

from critpoints.cli import (
    census,
    demo,
    depth,
    escape,
    exact,
    explore,
    index,
    listing,
    minima,
    network,
    race,
    runs,
    version,
)

INTERRUPTED = 130

app = typer.Typer(
    name="critpoints",
    help="Which critical points of a random function are minima? Estimates with intervals, "
    "exact laws, and the 1/3^d model beside them.",
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    epilog="Example: critpoints demo. Options and an example of a command: critpoints COMMAND "
    "--help. To complete commands with TAB: critpoints --install-completion. "
    "Exit status: 0 done, 2 bad input, 3 unreliable or incomplete, 130 interrupted.",
)
app.callback()(version.show)
app.command("minima")(minima.command)
app.command("index")(index.command)
app.command("exact")(exact.command)
app.command("census")(census.command)
app.command("depth")(depth.command)
app.command("network")(network.command)
app.command("escape")(escape.command)
app.command("race")(race.command)
app.command("explore")(explore.command)
app.command("demo")(demo.command)
app.command("list")(listing.command)
app.add_typer(runs.app, name="runs")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; bad input is one line on stderr and status 2."""
    warnings.showwarning = _warn
    try:
        if os.getcwd() not in sys.path:  # noqa: PTH109 - sys.path holds strings
            sys.path.insert(0, os.getcwd())  # noqa: PTH109
        status = app(args=arguments, prog_name="critpoints", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _say(error.format_message(), 2)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except (BrokenPipeError, SystemExit) as end:  # typer leaves when a pipe is closed
        if not isinstance(end.__context__ or end, BrokenPipeError):
            raise
        status = _nobody_reads()
    except MemoryError as error:
        reason = str(error) or "fewer dimensions or a smaller object are needed"
        return _say(f"not enough memory: {reason}", 2)
    except (ValueError, TypeError, ArithmeticError, OSError, ImportError) as error:
        return _say(str(error), 2)
    if status == INTERRUPTED:  # typer turns SIGINT into this status
        return _say(
            "interrupted; what was recorded is kept for the same command",
            INTERRUPTED,
        )
    return int(status or 0)


def _nobody_reads() -> int:
    """What ``| head`` leaves unread is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"warning: {message}", 0)


def _say(message: str, status: int) -> int:
    line = " ".join(message.split())
    print(f"critpoints: {line}", file=sys.stderr)
    return status

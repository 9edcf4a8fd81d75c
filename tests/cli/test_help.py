"""Every command has help with an example that it would accept, and prints records."""

from __future__ import annotations

import math
import re
import shlex

import pytest
import typer

from critpoints import cli
from critpoints.cli import chart


def leaves(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(leaves(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_example_in_the_help_is_accepted(path):
    text = " ".join(COMMANDS[path].help.split())
    examples = re.findall(r"(?:Examples?: |; )(critpoints [^;]*)", text)
    assert examples
    for example in examples:
        program, *words = shlex.split(example)
        assert (program, tuple(words[: len(path)])) == ("critpoints", path)
        COMMANDS[path].make_context(path[-1], words[len(path) :])  # parses, and does not run


def test_negative_control_an_option_that_is_not_there_is_not_accepted():
    with pytest.raises(typer.TyperException):
        COMMANDS["minima",].make_context("minima", ["--ensembles", "goe", "--dims", "2"])


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_formats(path):
    assert "--format" in {name for p in COMMANDS[path].params for name in p.opts}


@pytest.mark.parametrize("path", [(), ("runs",), *COMMANDS], ids=" ".join)
def test_help_is_printed(path, capsys):
    assert cli.run([*path, "--help"]) == 0
    assert "Example" in capsys.readouterr().out


def test_completion_can_be_installed(capsys):
    cli.run(["--help"])
    assert "--install-completion" in capsys.readouterr().out


def test_a_chart_puts_letters_where_the_values_are():
    third = -math.log10(3)
    records = [
        {"dim": d, "who": who, "log": y}
        for who, base in (("one", 1.0), ("two", 2.0))
        for d, y in ((1, base * third), (2, base * 2 * third))
    ]
    first, second, axis, ends, legend = chart.chart(records, name="who", value="log")
    width = chart.WIDTH
    assert first.index("a") - 8 == round(width * 0.75)  # -.477 on an axis that ends at -1.908
    assert first.index("b") - 8 == round(width * 0.5)
    assert second.index("b") - 8 == 0
    assert "3" not in first[8:]  # the model lies where one lies
    assert axis.count("-") == width + 1
    assert ends.split() == ["10^-1.91", "1"]
    assert legend == "  d     a one; b two; 3 model 1/3^d"


def test_a_chart_of_nothing_is_nothing_and_several_at_one_place_are_a_star():
    rows = [{"dim": 1, "who": w, "log": -0.1} for w in "xy"]
    assert "*" in chart.chart(rows, name="who", value="log")[0]
    none = [{"dim": 1, "who": "x", "log": v} for v in (None, -math.inf, math.nan)]
    assert chart.chart(none, name="who", value="log") == []


def test_plot_draws_below_the_table_and_not_into_records(capsys):
    command = ["exact", "-e", "goe", "--dims", "1-3", "--plot"]
    assert cli.run(command) == 0
    assert "3 model 1/3^d" in capsys.readouterr().out
    assert cli.run([*command, "--format", "csv"]) == 0
    assert "model" not in capsys.readouterr().out
    assert cli.run([*command, "--index", "all"]) == 2
    assert "--plot draws one index" in capsys.readouterr().err
    sampled = ["minima", "-e", "goe", "--dims", "1-2", "--samples", "500", "--jobs", "1"]
    assert cli.run([*sampled, "--plot"]) == 0
    assert "a goe; 3 model 1/3^d" in capsys.readouterr().out

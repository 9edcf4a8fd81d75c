"""Figures of one's own: a function of critpoints.plot takes axes and returns them."""

from matplotlib.figure import Figure

import critpoints
from critpoints import plot
from critpoints.study import pictures
from critpoints.study.census import draw

figure = Figure(figsize=(10, 4), layout="constrained")
left, right = figure.subplots(1, 2)
plot.census(critpoints.censuses(["torus:degree=1"], [2], draws=10), left)

function = draw("torus:degree=2", 2).landscape
ways = pictures.trajectories(function, ["gd:lr=.02", "adam:lr=.1"], [1.0, 2.0])
plot.trajectories(ways, right)
print(left.get_ylabel(), "|", [text.get_text() for text in right.get_legend().get_texts()])
# figure.savefig("mine.pdf")

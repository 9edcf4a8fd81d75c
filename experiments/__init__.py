"""One short script a question: a grid, a budget and a render call. Run ``python -m experiments``.

A script is a module with ``TITLE``, ``QUESTION``, ``PRESETS`` (a budget each) and the functions
``collect(budget, store, jobs, progress)`` to a frame, and ``render(frame)`` to a
:class:`experiments.runner.Rendered`.
"""

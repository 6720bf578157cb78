"""Grids of cases: all of them in `make stress`, a part that has every value in `make test`."""

from itertools import product

import pytest


def grid(*axes):
    """Every combination of the values of these axes, for `parametrize`.

    Those off the diagonal are marked `stress`. The diagonal has each value at least once.
    """
    axes = [list(axis) for axis in axes]
    length = max(map(len, axes))
    diagonal = [[axis[i % len(axis)] for axis in axes] for i in range(length)]
    return [
        pytest.param(*values, marks=() if list(values) in diagonal else pytest.mark.stress)
        for values in product(*axes)
    ]


def in_stress(*cases):
    """Cases for `parametrize` that only `make stress` tries, each the values of one argument."""
    return [pytest.param(case, marks=pytest.mark.stress) for case in cases]

"""`python app.py`, but budgets choose a tiny model, and Sprint takes two seconds.

For tests of the page that train and are not about how well a model learns.
"""

import dataclasses
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPRINT_SECONDS = 2.0


def shorten(patch):
    """Let this process plan short runs of tiny models; workers train what it has planned."""
    from charrnn import recipes
    from charrnn.runs import plan

    choose = plan.choose_config

    def choose_tiny(*args, **options):
        model, training = choose(*args, **options)
        return (
            dataclasses.replace(model, hidden_size=16, dropout=0.0),
            dataclasses.replace(training, smoothing=0.0),
        )

    patch.setattr(plan, "choose_config", choose_tiny)
    sprint = recipes.RECIPES["sprint"]
    training = dataclasses.replace(sprint.training, seconds=SPRINT_SECONDS)
    patch.setitem(recipes.RECIPES, "sprint", dataclasses.replace(sprint, training=training))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # as for `python app.py`
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")

"""Command `recipes`."""

from __future__ import annotations

from .options import Json
from .output import print_json


def recipes(as_json: Json = False) -> None:
    """List the recipes, with the results that the textbook published."""
    from ..recipes import RECIPES

    for recipe in RECIPES.values():
        if as_json:
            print_json(recipe.as_dict())
            continue
        published = ", ".join(f"{value:g} at {at}" for at, value in recipe.published.items())
        print(f"{recipe.name:28} {recipe.length:24} {recipe.summary}")
        if published or recipe.note:
            print(f"{'':28} {'; '.join(filter(None, (published, recipe.note)))}")

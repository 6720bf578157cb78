"""List the models and the recipes."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from ...errors import UserError
from ...recipes import RECIPES
from ..services.catalog import bundled, describe, describe_listed
from ..services.context import AppContext
from . import Caller

log = logging.getLogger(__name__)


async def models(context: AppContext, caller: Caller) -> list[dict[str, Any]]:
    """Describe the models that come with the app, and the public ones on the Hub, if it answers."""
    shipped = await context.limiters.listing.run(caller.client, partial(_describe_bundled, context))
    listed = await context.hub_listing.latest(caller.client.id)
    return shipped + [describe_listed(model) for model in listed]


def recipes() -> list[dict[str, Any]]:
    """Describe the recipes."""
    return [recipe.as_dict() for recipe in RECIPES.values()]


def _describe_bundled(context: AppContext) -> list[dict[str, Any]]:
    listed = []
    for model in bundled(context):
        try:
            listed.append(describe(model))
        except UserError as error:
            log.warning("%s is not listed: %s", model.directory, error.message)
    return listed

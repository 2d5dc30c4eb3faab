"""Orders for providers, each under a key of its own."""

import itertools
from typing import Any

from safelight.domain.order import Order
from safelight.domain.recipe import Recipe

KEYS = itertools.count()


def order(recipe: Recipe, **more: Any) -> Order:
    return Order(key=f"gen_{next(KEYS)}", recipe=recipe, **more)

"""What a recipe would take, before it runs."""

import asyncio

from fastapi import APIRouter

from safelight.domain.estimate import Estimate
from safelight.domain.links import API
from safelight.domain.spending import Account
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import RecipeBody
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["generations"], responses=problems.RESPONSES)


@router.post(
    "/estimates",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RecipeInput"}}},
        }
    },
)
async def estimates(recipe: RecipeBody, house: House, access: Caller) -> Estimate:
    """Memory, seconds and price of a recipe; it is settled as a generation would be, and nothing is started."""
    choice = await house.runner.providers.choose(recipe, account=Account.of(access))
    return await asyncio.to_thread(choice.provider.estimate, choice.settle(recipe))

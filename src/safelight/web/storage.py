"""What is kept, counted."""

from fastapi import APIRouter

from safelight.domain.links import API
from safelight.domain.storage import Storage
from safelight.store.counting import counted
from safelight.web import problems
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/storage", tags=["storage"], responses=problems.RESPONSES)


@router.get("")
async def storage(house: House) -> Storage:
    """How many pictures, images and checkpoints are kept, and the room that they take."""
    return await counted(house.runner.records, home=house.home)

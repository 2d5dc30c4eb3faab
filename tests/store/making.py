"""Things to keep: records, recipes and small pictures."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

from PIL import Image

from safelight.domain.generation import State
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.store.opening import Store
from safelight.store.records import GenerationRecord

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def recipe(prompt: str = "a red dragon", **changes: object) -> Recipe:
    values = {
        "prompt": prompt,
        "model": "sprite",
        "steps": 20,
        "guidance": 6.5,
        "sampler": Sampler.DPMPP_2M,
        "schedule": Schedule.KARRAS,
        "seed": 7,
        "width": 64,
        "height": 48,
    }
    return Recipe.model_validate(values | changes)


def record(*, minute: int = 0, state: State = State.QUEUED, **changes: object) -> GenerationRecord:
    values = {
        "id": uuid4().hex,
        "state": state,
        "recipe": recipe(),
        "created_at": NOON + timedelta(minutes=minute),
    }
    return GenerationRecord(**(values | changes))  # type: ignore[arg-type]


def png(*, width: int = 64, height: int = 48, mode: str = "RGBA") -> bytes:
    """A soft gradient, transparent to the right."""
    image = Image.linear_gradient("L").resize((width, height))
    bands = {"RGBA": (image, image, image, image.rotate(90).resize((width, height))), "RGB": (image,) * 3}
    out = BytesIO()
    Image.merge(mode, bands[mode]).save(out, "PNG")
    return out.getvalue()


def drawn(*, picture: int = 0, seed: int = 7, width: int = 64, height: int = 48) -> Drawn:
    data = png(width=width, height=height)
    return Drawn(picture=picture, seed=seed, image=Pixels(data, "image/png", width, height))


async def kept(store: Store, *, state: State = State.FINISHED) -> str:
    """The id of a picture in a store."""
    generation = await store.records.add(record(state=state))
    return (await store.pictures.keep(generation=generation.id, recipe=recipe(), drawn=drawn())).id

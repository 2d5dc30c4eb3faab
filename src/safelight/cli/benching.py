"""`safelight bench`: how well this installation draws, in ratios of its own figures, so that machines compare."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from safelight import logs
from safelight.cli.console import err, out
from safelight.cli.interrupts import run_interruptibly
from safelight.cli.progress import Undone, write_line
from safelight.cli.workshops import Workshop, in_process, on_server
from safelight.domain.events import Cancelled, Event, Failed, Stepped
from safelight.domain.recipe import Recipe
from safelight.settings import Settings

PROMPT = "a red dragon"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured: medians over the rounds, in seconds, and the ratios made of them."""

    model: str
    steps: int
    pictures: int
    rounds: int
    alone_s: float
    """One picture by itself."""
    together_s: float
    """All of them at once."""
    late_step_s: float
    """Until the first step of one that came while the others were being drawn."""
    late_finished_s: float
    """Until the others were done, counted from then: so long it would have waited in a line of whole requests."""

    @property
    def ratios(self) -> dict[str, float]:
        return {
            "together_to_one_after_another": self.together_s / (self.pictures * self.alone_s),
            "late_step_to_waiting_for_the_others": self.late_step_s / self.late_finished_s,
            "late_step_to_steps_alone": self.late_step_s / (self.alone_s / self.steps),
        }


def run(
    *,
    server: str | None,
    config: Path | None,
    model: str | None,
    steps: int,
    pictures: int,
    rounds: int,
    as_json: bool,
    **flags: object,
) -> None:
    """Measure, and say what came of it."""
    if server:
        workshop: AbstractAsyncContextManager[Workshop] = on_server(server)
    else:
        logs.begin(level="warning", as_json=False)
        workshop = in_process(Settings.read(config=config, **flags))
    recipe = Recipe(prompt=PROMPT, model=model, steps=steps, seed=1)
    figures = run_interruptibly(_measured(workshop, recipe, pictures=pictures, rounds=rounds))
    if as_json:
        write_line(asdict(figures) | {"ratios": figures.ratios})
    else:
        _tell(figures)


async def _measured(
    workshop: AbstractAsyncContextManager[Workshop], recipe: Recipe, *, pictures: int, rounds: int
) -> Figures:
    async with workshop as opened:
        known = await opened.models()
        model = recipe.model or (known[0].id if known else "?")
        err().print(Text(f"Measuring {model}: {rounds} rounds of {pictures} pictures, after one to warm up."))
        await _seconds(opened, [recipe])
        alone, together, late = [], [], []
        # In turns, so that a noisy machine disturbs all sides alike.
        for round_ in range(rounds):
            alone.append(await _seconds(opened, [recipe]))
            crowd = [recipe.model_copy(update={"seed": 100 * round_ + number}) for number in range(pictures)]
            together.append(await _seconds(opened, crowd))
            late.append(await _late(opened, crowd))
    return Figures(
        model=model,
        steps=recipe.steps or 0,
        pictures=pictures,
        rounds=rounds,
        alone_s=statistics.median(alone),
        together_s=statistics.median(together),
        late_step_s=statistics.median(step for step, _ in late),
        late_finished_s=statistics.median(finished for _, finished in late),
    )


async def _seconds(workshop: Workshop, recipes: Sequence[Recipe]) -> float:
    begun = time.perf_counter()
    await asyncio.gather(*(_to_the_end(workshop.events(recipe)) for recipe in recipes))
    return time.perf_counter() - begun


async def _late(workshop: Workshop, crowd: Sequence[Recipe]) -> tuple[float, float]:
    """Seconds until a late one's first step, and until those before it were done."""
    developing = asyncio.Event()
    others = asyncio.gather(*(_to_the_end(workshop.events(recipe), developing) for recipe in crowd))
    await developing.wait()
    begun = time.perf_counter()
    seen = asyncio.Event()
    late = asyncio.create_task(_to_the_end(workshop.events(crowd[0].model_copy(update={"seed": 7})), seen))
    stepped = asyncio.create_task(_when(seen, begun))
    await others
    finished = time.perf_counter() - begun
    await late
    return await stepped, finished


async def _when(event: asyncio.Event, begun: float) -> float:
    await event.wait()
    return time.perf_counter() - begun


async def _to_the_end(events: AsyncGenerator[Event, None], stepped: asyncio.Event | None = None) -> None:
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Failed):
                    raise Undone(event.detail, hint=event.hint)
                if isinstance(event, Cancelled):
                    raise Undone("One of the pictures was cancelled.", hint="Measure again.")
                if isinstance(event, Stepped) and stepped is not None:
                    stepped.set()
    finally:
        # Whoever waits for a step that never came is not left waiting.
        if stepped is not None:
            stepped.set()


def _tell(figures: Figures) -> None:
    ratios = figures.ratios
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(min_width=10)
    table.add_column(justify="right")
    rows = (
        (f"one picture, {figures.steps} steps", f"{figures.alone_s:.2f} s"),
        (f"{figures.pictures} at once", f"{figures.together_s:.2f} s"),
        ("  of one after another", f"{ratios['together_to_one_after_another']:.2f}"),
        (f"first step of one that comes while {figures.pictures} develop", f"{figures.late_step_s:.2f} s"),
        ("  of waiting until they are done", f"{ratios['late_step_to_waiting_for_the_others']:.2f}"),
        ("  of a step when nobody else draws", f"{ratios['late_step_to_steps_alone']:.1f}"),
    )
    for what, figure in rows:
        table.add_row(Text(what), Text(figure))
    out().print(table)

"""Prompts by themselves: made better, and looked into before anything is drawn."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.prompting import Span, parse
from safelight.domain.recipe import SEED_LIMIT, Recipe
from safelight.domain.wildcards import unknown
from safelight.domain.words import Prompt
from safelight.prompts.enhancement import Enhancement, Mode
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.rooms import House, Rooms

router = APIRouter(prefix=f"{API}/prompts", tags=["prompts"], responses=problems.RESPONSES)


class EnhancementRequest(Frozen):
    """A prompt to make better."""

    prompt: Annotated[Prompt, StringConstraints(strip_whitespace=True, min_length=1)]
    mode: Mode = Mode.DETAILED
    seed: int = Field(default=0, ge=0, lt=SEED_LIMIT)
    """Decides where there is a choice: same prompt, mode and seed, same answer (of the rules)."""


class AnalysisRequest(Frozen):
    """Prompts to look into."""

    prompt: Prompt
    negative_prompt: Prompt = ""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Id of the model that is to read them; left out, the server's default model."""


class PromptSpan(Frozen):
    """A stretch of the prompt that is heeded more or less than the rest."""

    start: int
    """Its first character."""
    end: int
    """The character after its last."""
    weight: float


class PromptReading(Frozen):
    """What a model makes of one prompt. Wildcards are counted as they are written, before their lots are drawn."""

    tokens: int | None
    """How many it has; null where the model's service does not tell."""
    limit: int | None
    """How many the model reads at once; a longer prompt is read in several chunks."""
    chunks: int | None
    cut: int | None
    """Character from which on the prompt is not read; null where all of it is."""
    spans: tuple[PromptSpan, ...]
    """Where the weight is not 1, in order."""
    unknown_wildcards: tuple[str, ...]


class Analysis(Frozen):
    prompt: PromptReading
    negative_prompt: PromptReading


Wish = Annotated[EnhancementRequest, Depends(body_of(EnhancementRequest, what="a wish for a better prompt"))]
Prompts = Annotated[AnalysisRequest, Depends(body_of(AnalysisRequest, what="a prompt to look into"))]


@router.post("/enhancements", openapi_extra=sent("EnhancementRequest"))
async def enhancements(house: House, access: Caller, wish: Wish) -> Enhancement:
    """Make a prompt better; weights and wildcards in it stay. What moderation would refuse is not made better."""
    better = await house.runner.prompts.enhancer.enhance(wish.prompt, mode=wish.mode, seed=wish.seed)
    await house.runner.moderation.check(Recipe(prompt=better.prompt), workspace=access.workspace, caller=access.caller)
    return better


@router.post("/analysis", openapi_extra=sent("AnalysisRequest"))
async def analysis(house: House, question: Prompts) -> Analysis:
    """How a model reads a prompt: tokens, chunks, weights, and lists of words that are not there."""
    prompt, negative = await asyncio.gather(
        *(asyncio.to_thread(_look, house, text, question.model) for text in (question.prompt, question.negative_prompt))
    )
    return Analysis(prompt=prompt, negative_prompt=negative)


def _look(house: Rooms, prompt: str, model: str | None) -> PromptReading:
    provider, card = house.runner.providers.find(model)
    count = provider.count(prompt, model=card.id)
    return PromptReading(
        tokens=count.tokens if count else None,
        limit=count.limit if count else None,
        chunks=count.chunks if count else None,
        cut=count.cut if count else None,
        spans=tuple(_weighted(prompt)),
        unknown_wildcards=unknown(prompt, house.runner.prompts.words.names()),
    )


def _weighted(prompt: str) -> Iterator[PromptSpan]:
    """Stretches of one weight, an escaped bracket within them taken as part."""
    last: Span | None = None
    for span in (span for section in parse(prompt) for span in section.spans if span.weight != 1):
        if last is not None and last.end == span.start and last.weight == span.weight:
            last = Span(last.text + span.text, span.weight, last.start, span.end)
            continue
        if last is not None:
            yield PromptSpan(start=last.start, end=last.end, weight=last.weight)
        last = span
    if last is not None:
        yield PromptSpan(start=last.start, end=last.end, weight=last.weight)

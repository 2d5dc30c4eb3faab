"""Where `generate` gets its pictures from: an engine in this process, or a server."""

import asyncio
import os
import tempfile
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import httpx2

from safelight.bootstrap import House, open_house
from safelight.cli.sse import messages
from safelight.domain.access import LOCAL
from safelight.domain.errors import Broken, Busy, Misconfigured, Refused, SafelightError
from safelight.domain.events import EVENT, TERMINAL, Event, Stepped
from safelight.domain.links import API
from safelight.domain.model_card import ModelCard
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.prompts.enhancement import Enhancement, Mode
from safelight.settings import Settings

RETRIES = 5
"""Times in a row that a lost stream is taken up again before giving up."""
PREVIEW = "size:512"
"""As much as a terminal shows."""


class Workshop(Protocol):
    """Something that draws."""

    async def enhance(self, recipe: Recipe, mode: Mode) -> Enhancement:
        """A better prompt for a recipe."""
        ...

    def events(self, recipe: Recipe, *, previews: bool = False) -> AsyncGenerator[Event, None]:
        """Everything that happens to one recipe, until its end. Closing it cancels the drawing.

        With `previews`, the frames of the steps carry their `data`.
        """
        ...

    async def file(self, picture: Picture) -> bytes: ...

    async def models(self) -> Sequence[ModelCard]: ...


@asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[Workshop]:
    """The engine in this process. Nothing is kept but the file that is written, so a server may run beside it."""
    with tempfile.TemporaryDirectory(prefix="safelight-") as folder:
        changes = {"home": Path(folder), "library": settings.own_library, "database_url": None, "s3_bucket": None}
        alone = settings.model_copy(update=changes)
        async with open_house(alone) as house:
            yield _InProcess(house)


class _InProcess:
    def __init__(self, house: House) -> None:
        self._house = house

    async def enhance(self, recipe: Recipe, mode: Mode) -> Enhancement:
        enhancer = self._house.runner.prompts.enhancer
        return await enhancer.enhance(recipe.prompt, mode=mode, seed=recipe.seed or 0)

    async def events(self, recipe: Recipe, *, previews: bool = False) -> AsyncGenerator[Event, None]:
        record = await self._house.runner.submit(recipe, access=LOCAL)
        try:
            feed = await self._house.runner.feed(record.id, access=LOCAL)
            async for numbered in feed.follow():
                yield _with_frame(numbered.event, feed) if previews else numbered.event
        finally:
            await self._house.runner.cancel(record.id, access=LOCAL)

    async def file(self, picture: Picture) -> bytes:
        return (await self._house.store.pictures.file(picture.id, workspace=LOCAL.workspace)).data

    async def models(self) -> Sequence[ModelCard]:
        return self._house.providers.models()


def _with_frame(event: Event, feed: Feed) -> Event:
    if not isinstance(event, Stepped) or event.frame is None:
        return event
    kept = feed.frame(step=event.step, picture=event.picture)
    data = None if kept is None else b64encode(kept.data).decode()
    return event.model_copy(update={"frame": event.frame.model_copy(update={"data": data})})


@asynccontextmanager
async def on_server(address: str) -> AsyncIterator["Remote"]:
    """A running server.

    Raises:
        Misconfigured: nothing answers at the address.
    """
    try:
        # A stream is silent for as long as it waits in line, up to the server's keep-alive.
        client = httpx2.AsyncClient(base_url=address, timeout=httpx2.Timeout(10, read=60), headers=_key())
    except (httpx2.InvalidURL, ValueError) as error:
        raise _no_answer(address, error) from error
    async with client:
        try:
            yield Remote(client)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
            raise _no_answer(address, error) from error
        except httpx2.TransportError as error:
            raise Broken(
                f"The connection to {address} was lost: {error or type(error).__name__}.",
                hint="The generation goes on there; see its gallery.",
            ) from error


def _key() -> dict[str, str]:
    """The key to show to a server. Where the settings cannot be read, whoever needs them says so."""
    key = os.environ.get("SAFELIGHT_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


class Remote:
    """A server, spoken to over HTTP."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def enhance(self, recipe: Recipe, mode: Mode) -> Enhancement:
        wish = {"prompt": recipe.prompt, "mode": mode, "seed": recipe.seed or 0}
        # A language model may take its time.
        answer = await self._client.post(f"{API}/prompts/enhancements", json=wish, timeout=600)
        return Enhancement.model_validate(_checked(answer).json())

    async def events(self, recipe: Recipe, *, previews: bool = False) -> AsyncGenerator[Event, None]:
        # Not given up half-way: who does not hear the id of what was accepted could not cancel it.
        submission = asyncio.create_task(self._submit(recipe))
        ended = False
        try:
            async for event in self._follow(await asyncio.shield(submission), previews=previews):
                ended = isinstance(event, TERMINAL)
                yield event
        finally:
            if not ended:
                with suppress(httpx2.HTTPError, SafelightError):
                    await self._client.delete(f"{API}/generations/{await submission}")

    async def _submit(self, recipe: Recipe) -> str:
        answer = await self._client.post(f"{API}/generations", json=recipe.model_dump(mode="json", exclude_none=True))
        return str(_checked(answer).json()["id"])

    async def file(self, picture: Picture) -> bytes:
        # As a download it comes from the server itself, wherever it lies.
        return _checked(await self._client.get(picture.url, params={"download": "true"})).content

    async def models(self) -> list[ModelCard]:
        document = _checked(await self._client.get(f"{API}/models")).json()
        return [ModelCard.model_validate(card) for card in document["items"]]

    async def add_model(self, source: str, *, id: str | None, layout: str | None) -> ModelCard:
        wish = {"source": source, "id": id, "layout": layout}
        return ModelCard.model_validate(_checked(await self._client.post(f"{API}/models", json=wish)).json())

    async def remove_model(self, id: str) -> None:
        _checked(await self._client.delete(f"{API}/models/{id}"))

    async def _follow(self, generation: str, *, previews: bool) -> AsyncGenerator[Event, None]:
        """The feed; where the connection breaks, it is taken up after the last event that came through."""
        last_id, tries = "0", 0
        while True:
            try:
                async for identity, event in self._stream(generation, after=last_id, previews=previews):
                    last_id, tries = identity, 0
                    yield event
                    if isinstance(event, TERMINAL):
                        return
            except httpx2.TransportError:
                if tries >= RETRIES:
                    raise
            tries += 1
            if tries > RETRIES:
                raise Broken("The server stopped telling of the generation.", hint="See its gallery later.")
            await asyncio.sleep(0.2 * 2**tries)

    async def _stream(self, generation: str, *, after: str, previews: bool) -> AsyncGenerator[tuple[str, Event], None]:
        url = f"{API}/generations/{generation}/events"
        params = {"preview": PREVIEW, "inline": "true"} if previews else {"preview": "codec:none"}
        async with self._client.stream("GET", url, params=params, headers={"Last-Event-ID": after}) as answer:
            if answer.is_error:
                await answer.aread()
            async for message in messages(_checked(answer).aiter_lines()):
                yield message.id, EVENT.validate_json(message.data)


def _checked(answer: httpx2.Response) -> httpx2.Response:
    """The answer, unless it is a problem: that is raised again on this side."""
    if not answer.is_error:
        return answer
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        problem = {}
    detail = str(problem.get("detail") or f"The server answered {answer.status_code}.")
    raise _kind(answer.status_code)(detail, hint=str(problem.get("hint") or "Is this a Safelight server?"))


def _kind(status: int) -> type[SafelightError]:
    if status in (429, 503):
        return Busy
    return Refused if status < 500 else Broken


def _no_answer(address: str, error: Exception) -> Misconfigured:
    return Misconfigured(
        f"No Safelight answers at {address}: {error}.",
        hint="Start one with `safelight serve`, or leave --server out to draw in this process.",
    )

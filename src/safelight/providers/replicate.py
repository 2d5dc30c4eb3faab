"""Replicate: predictions that are made, asked for until they are done, and cancelled; the file they end in is fetched.

https://replicate.com/docs/reference/http
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from safelight.domain.model_card import Defaults, ModelCard, Sizes
from safelight.domain.recipe import Sampler
from safelight.providers.cards import OWN_WAY, card
from safelight.providers.clients import Clients
from safelight.providers.failures import THROTTLED, Gone, cut, gave_up, malformed, of_status, refused
from safelight.providers.hosted import Hosted
from safelight.providers.prices import Prices
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Shows, Waits, Wish
from safelight.providers.waiting import taken_back

if TYPE_CHECKING:
    import httpx
    from replicate.client import Client
    from replicate.prediction import Prediction

NAME, TITLE = "replicate", "Replicate"
POLL_S = 0.5
SHAPES: Mapping[tuple[int, int], str] = {
    (1024, 1024): "1:1",
    (1344, 768): "16:9",
    (768, 1344): "9:16",
    (1216, 832): "3:2",
    (832, 1216): "2:3",
    (1152, 896): "5:4",
    (896, 1152): "4:5",
}
"""About what its models draw for each shape that they take."""
SIZES = Sizes(width=1024, height=1024, smallest=768, largest=1344, only=tuple(SHAPES))
MARKS = ("nsfw", "sensitive", "safety", "flagged", "content policy", "moderation")
STEPS: Mapping[str, Defaults] = {
    "black-forest-labs/flux-schnell": Defaults(steps=4, guidance=1.0, sampler=Sampler.EULER),
    "black-forest-labs/flux-dev": Defaults(steps=28, guidance=3.0, sampler=Sampler.EULER),
}
"""Models that take steps; the last of them takes guidance too."""
GUIDED = frozenset({"black-forest-labs/flux-dev"})
OVER = ("succeeded", "failed", "canceled", "aborted")


class Replicate(Hosted["Client"]):
    """Models by `owner/name`.

    Args:
        url: where the API is.
        models: to offer.
    """

    name, title = NAME, TITLE
    secrets = (Secret(name="token"),)

    def __init__(self, *, url: str, models: Sequence[str], prices: Prices) -> None:
        self._url = url
        self._files = httpx2.AsyncClient(timeout=60, follow_redirects=True, trust_env=False)
        super().__init__(Clients(self._client, _closed), [_card(model, prices) for model in models])

    async def close(self) -> None:
        await super().close()
        await self._files.aclose()

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        client = self._clients.of(wish.credentials)
        prediction = await self._begun(client, wish)
        try:
            yield Accepted(handle=prediction.id)
            while prediction.status not in OVER:
                await asyncio.sleep(POLL_S)
                prediction = await self._asked(client, prediction.id, wish)
                progress = prediction.progress
                if progress is not None:
                    yield Shows(step=progress.current, total=progress.total)
                else:
                    yield Waits()
        finally:
            if prediction.status not in OVER:
                await taken_back(_cancel(client, prediction.id))
        yield Done(image=await wish.patience.get(lambda: self._file(_output(prediction))))

    async def _begun(self, client: "Client", wish: Wish) -> "Prediction":
        if wish.handle is not None:
            prediction = await self._asked(client, wish.handle, wish)
            if prediction.status in ("canceled", "aborted", "failed"):
                raise Gone(f"{TITLE} had it cancelled when the server stopped.", hint="It is drawn anew.")
            return prediction
        owner, _, name = wish.model.partition("/")

        async def send() -> "Prediction":
            with _translated():
                return await client.models.predictions.async_create((owner, name), input=_input(wish))

        return await wish.patience.post(send)

    async def _asked(self, client: "Client", prediction: str, wish: Wish) -> "Prediction":
        async def get() -> "Prediction":
            with _translated():
                return await client.predictions.async_get(prediction)

        return await wish.patience.get(get)

    async def _file(self, address: str) -> bytes:
        """What lies at an address of Replicate's, or inside of one."""
        if address.startswith("data:"):
            try:
                return base64.b64decode(address.partition(",")[2], validate=True)
            except (ValueError, binascii.Error) as error:
                raise malformed(TITLE, "a data URL that is none") from error
        if not address.startswith(("https://", f"{self._url}/")):
            raise malformed(TITLE, "an address of a picture that is not safe to ask")
        try:
            # Without the token: the address lets in whoever has it.
            reply = await self._files.get(address)
        except httpx2.HTTPError as error:
            raise cut(TITLE, type(error).__name__) from error
        if reply.is_error:
            raise gave_up(TITLE, f"status {reply.status_code} for the finished picture")
        return reply.content

    def _client(self, credentials: Credentials) -> "Client":
        from httpx import AsyncHTTPTransport, Timeout
        from replicate.client import Client

        hooks = {"response": [_look_busy]}
        own: dict[str, Any] = {"event_hooks": hooks, "trust_env": False}
        made = Client(api_token=credentials["token"], base_url=self._url, timeout=Timeout(None), **own)
        # Its own transport asks again by itself; here that is for `Patience` to decide.
        made._async_client._transport = AsyncHTTPTransport()
        return made


async def _look_busy(response: "httpx.Response") -> None:
    """The client's errors keep no headers, and one of them says when to come back. Raises Throttled."""
    if response.status_code in THROTTLED:
        await response.aread()
        raise of_status(TITLE, response.status_code, headers=response.headers)


async def _closed(client: "Client") -> None:
    await client._async_client.aclose()


async def _cancel(client: "Client", prediction: str) -> None:
    with _translated():
        await client.predictions.async_cancel(prediction)


def _input(wish: Wish) -> dict[str, Any]:
    recipe = wish.recipe
    asked: dict[str, Any] = {
        "prompt": recipe.prompt,
        "seed": wish.seed,
        "aspect_ratio": SHAPES[recipe.width or 0, recipe.height or 0],
        "output_format": "png",
    }
    if wish.model in STEPS:
        asked |= {"num_outputs": 1, "num_inference_steps": recipe.steps}
    if wish.model in GUIDED:
        asked["guidance"] = recipe.guidance
    return asked


def _output(prediction: "Prediction") -> str:
    if prediction.status != "succeeded":
        said = str(prediction.error or "it did not say why")
        if any(mark in said.lower() for mark in MARKS):
            raise refused(TITLE, said)
        raise gave_up(TITLE, said)
    first = prediction.output[0] if isinstance(prediction.output, list) and prediction.output else prediction.output
    if not isinstance(first, str):
        raise malformed(TITLE, "a prediction without a picture")
    return first


def _card(model: str, prices: Prices) -> ModelCard:
    takes = ({"steps"} if model in STEPS else set()) | ({"guidance"} if model in GUIDED else set())
    return card(
        provider=NAME,
        model=model,
        name=model.rpartition("/")[2],
        description=f"{model} at {TITLE}, in the shapes that it takes. Shows nothing before it is done.",
        sizes=SIZES,
        capabilities=(),
        fixed={*OWN_WAY, "negative_prompt"} - takes,
        defaults=STEPS.get(model),
        price_usd=prices.of_picture(f"{NAME}/{model}"),
    )


@contextmanager
def _translated() -> Generator[None, None, None]:
    import httpx
    from replicate.exceptions import ReplicateError

    try:
        yield
    except ReplicateError as error:
        said, status = str(error.detail or error.title or ""), error.status or 500
        if status in (400, 422) and any(mark in said.lower() for mark in MARKS):
            raise refused(TITLE, said) from error
        if status == 404:
            raise Gone(f"{TITLE} does not know of it: {said}.", hint="Look at the model's name.") from error
        raise of_status(TITLE, status, said=said) from error
    except httpx.HTTPError as error:
        raise cut(TITLE, type(error).__name__) from error
    except (ValueError, TypeError, KeyError) as error:
        raise malformed(TITLE, "no prediction") from error

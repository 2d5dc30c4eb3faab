"""Hugging Face's Inference Providers: FLUX and others at whichever partner draws them, or an endpoint of one's own.

https://huggingface.co/docs/inference-providers/tasks/text-to-image
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.recipe import Sampler
from safelight.providers.cards import card
from safelight.providers.clients import Clients
from safelight.providers.failures import cut, malformed, of_status, refused
from safelight.providers.hosted import Hosted
from safelight.providers.prices import Prices
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Wish

if TYPE_CHECKING:
    from huggingface_hub import AsyncInferenceClient

NAME, TITLE = "huggingface", "Hugging Face"
SIZES = Sizes(width=1024, height=1024, multiple=32, smallest=256, largest=1536)
MARKS = ("nsfw", "safety", "content policy", "moderation", "flagged")
"""Words in an answer of status 400 or 451 that say that it is refused for what it shows."""
DEFAULTS: Mapping[str, Defaults] = {
    "black-forest-labs/FLUX.1-schnell": Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER),
    "black-forest-labs/FLUX.1-dev": Defaults(steps=28, guidance=3.5, sampler=Sampler.EULER),
}
OTHERWISE = Defaults(steps=25, guidance=7.0, sampler=Sampler.EULER)


class HuggingFace(Hosted["AsyncInferenceClient"]):
    """Models by their ids on the hub.

    Args:
        models: ids to offer.
        partner: who draws, as Hugging Face calls them; `auto` for the account's own order.
        url: of an endpoint of one's own, which then draws every model.
    """

    name, title = NAME, TITLE
    secrets = (Secret(name="token"),)

    def __init__(self, *, models: Sequence[str], partner: str, url: str | None, prices: Prices) -> None:
        self._partner = partner
        self._url = url
        super().__init__(Clients(self._client, _closed), [_card(model, prices) for model in models])

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        client, recipe = self._clients.of(wish.credentials), wish.recipe
        yield Accepted()

        async def send() -> bytes:
            with _translated():
                drawn = await client.text_to_image(
                    recipe.prompt,
                    negative_prompt=recipe.negative_prompt or None,
                    width=recipe.width,
                    height=recipe.height,
                    num_inference_steps=recipe.steps,
                    guidance_scale=recipe.guidance,
                    seed=wish.seed,
                    model=self._url or wish.model,
                )
                return _bytes(drawn)

        yield Done(image=await wish.patience.post(send))

    def _client(self, credentials: Credentials) -> "AsyncInferenceClient":
        from huggingface_hub import AsyncInferenceClient

        partner: Any = "hf-inference" if self._url is not None else self._partner
        return AsyncInferenceClient(provider=partner, token=credentials["token"], timeout=None)


def _bytes(drawn: Any) -> bytes:
    """The file as it came. The client opens it lazily, so that it still has what it was given."""
    file = getattr(drawn, "fp", None)
    if not isinstance(file, BytesIO):
        raise malformed(TITLE, "a picture without its file")
    return file.getvalue()


def _card(model: str, prices: Prices) -> ModelCard:
    return card(
        provider=NAME,
        model=model,
        name=model.rpartition("/")[2],
        description=f"{model} at one of {TITLE}'s partners. Shows nothing before it is done.",
        sizes=SIZES,
        capabilities=(Capability.NEGATIVE_PROMPT,),
        fixed=("sampler", "schedule"),
        defaults=DEFAULTS.get(model, OTHERWISE),
        price_usd=prices.of_picture(f"{NAME}/{model}"),
    )


async def _closed(client: "AsyncInferenceClient") -> None:
    await cast(Callable[[], Awaitable[None]], client.close)()


@contextmanager
def _translated() -> Generator[None, None, None]:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError
    from PIL import UnidentifiedImageError

    try:
        yield
    except HfHubHTTPError as error:
        said = _said(error.response)
        status = error.response.status_code
        if status in (400, 422, 451) and any(mark in said.lower() for mark in MARKS):
            raise refused(TITLE, said) from error
        raise of_status(TITLE, status, said=said, headers=error.response.headers) from error
    except InferenceTimeoutError as error:
        raise cut(TITLE, "it took too long") from error
    except httpx2.HTTPError as error:
        raise cut(TITLE, type(error).__name__) from error
    except (UnidentifiedImageError, ValueError, KeyError, TypeError) as error:
        raise malformed(TITLE, "no picture") from error


def _said(response: Any) -> str:
    try:
        body = response.json()
        error = body.get("error", body) if isinstance(body, Mapping) else body
        return str(error.get("message", error) if isinstance(error, Mapping) else error)
    except ValueError:
        return ""

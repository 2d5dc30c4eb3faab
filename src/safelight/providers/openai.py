"""OpenAI and Azure OpenAI: GPT-image through the official SDK, with the partial images that it streams as previews.

https://platform.openai.com/docs/api-reference/images and .../images-streaming
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.domain.errors import Unsupported
from safelight.domain.model_card import Capability, ModelCard, Sizes
from safelight.domain.recipe import Recipe
from safelight.providers import given
from safelight.providers.cards import OWN_WAY, card
from safelight.providers.clients import Clients
from safelight.providers.failures import cut, gave_up, malformed, of_status, refused
from safelight.providers.hosted import Hosted
from safelight.providers.prices import Prices, Usage
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Shows, Tells, Wish

if TYPE_CHECKING:
    from openai import AsyncOpenAI

PARTIALS = 3
"""Unfinished pictures that are asked for; the service may be done before it has sent them all."""
QUALITIES = ("medium", "low", "high")
"""The first is what a model is without saying more: `openai/gpt-image-1.5`, and then `openai/gpt-image-1.5@low`."""
FREE_SIZES = ("gpt-image-2",)
"""Beginnings of the names of models that draw other sizes than three."""
THREE_SIZES = Sizes(
    width=1024, height=1024, smallest=1024, largest=1536, only=((1024, 1024), (1536, 1024), (1024, 1536))
)
ANY_SIZE = Sizes(width=1024, height=1024, multiple=16, smallest=512, largest=3840)
LONGEST_RATIO, MOST_PIXELS = 3, 3840 * 2160
REFUSED = ("moderation_blocked", "content_policy_violation", "content_filter", "contentFilter")
CAPABILITIES = (Capability.PREVIEWS, Capability.IMAGE, Capability.MASK)


@dataclass(frozen=True)
class Deployment:
    """What a model is called by the service, and which model it is."""

    name: str
    model: str


class GptImages(Hosted["AsyncOpenAI"]):
    """One of the two services that draw with GPT-image.

    Args:
        client: makes the SDK's client.
    """

    def __init__(
        self,
        *,
        name: str,
        title: str,
        deployments: Sequence[Deployment],
        secrets: tuple[Secret, ...],
        prices: Prices,
        client: "Callable[[Credentials], AsyncOpenAI]",
    ) -> None:
        self.name = name
        self.title = title
        self.secrets = secrets
        self._models = {deployment.name: deployment.model for deployment in deployments}
        self._prices = prices
        cards = [self._card(deployment, quality) for deployment in deployments for quality in QUALITIES]
        super().__init__(Clients(client, _closed), cards)

    def price(self, recipe: Recipe) -> float | None:
        """What a picture costs, about: it is paid by the token."""
        name, quality = self._named(recipe.model or "")
        model = self._models.get(name, name)
        return self._prices.expected(model, quality=quality, width=recipe.width or 0, height=recipe.height or 0)

    def check(self, recipe: Recipe) -> None:
        width, height = recipe.width or 1, recipe.height or 1
        if max(width, height) > LONGEST_RATIO * min(width, height) or width * height > MOST_PIXELS:
            raise Unsupported(
                f"{self.title} cannot draw {width}x{height} pixels.",
                hint=f"The longer side up to {LONGEST_RATIO} times the shorter, and {MOST_PIXELS / 1e6:.1f} million.",
            )
        if recipe.image is not None and recipe.image.at_step is not None:
            raise Unsupported(f"{self.title} has no steps to begin at.", hint="Leave `image.at_step` out.")
        if recipe.outpaint is not None:
            raise Unsupported(f"{self.title} is not asked to draw around an image.", hint="Leave `outpaint` out.")

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        name, quality = self._named(wish.model)
        size = f"{wish.recipe.width}x{wish.recipe.height}"
        asked: dict[str, Any] = {"model": name, "prompt": wish.recipe.prompt, "size": size, "quality": quality}
        asked |= {"n": 1, "stream": True, "partial_images": PARTIALS, "output_format": "png"}
        if wish.recipe.image is not None:
            asked |= await asyncio.to_thread(_images, wish)
        yield Tells(code="no_seed", detail=f"{self.title} takes no seed: the same recipe draws another picture.")
        client = self._clients.of(wish.credentials).with_options(timeout=wish.quiet_s)
        endpoint = client.images.generate if wish.recipe.image is None else client.images.edit

        async def send() -> Any:
            with self._translated():
                return await endpoint(**asked)

        async with await wish.patience.post(send) as stream:
            yield Accepted()
            with self._translated():
                async for event in stream:
                    yield self._told(event, self._models.get(name, name))
                    if event.type.endswith(".completed"):
                        return
        raise malformed(self.title, "the stream ended before the picture")

    def _told(self, event: Any, model: str) -> News:
        kind = str(getattr(event, "type", ""))
        try:
            image = base64.b64decode(event.b64_json, validate=True)
            if kind.endswith(".partial_image"):
                return Shows(step=int(event.partial_image_index) + 1, total=PARTIALS, image=image)
            if kind.endswith(".completed"):
                return Done(image=image, usd=self._paid(event, model))
        except (AttributeError, TypeError, ValueError, binascii.Error) as error:
            raise malformed(self.title, f"its event {kind[:60] or 'without a type'} has no picture") from error
        raise malformed(self.title, f"an event {kind[:60] or 'without a type'}")

    def _paid(self, event: Any, model: str) -> float | None:
        usage = getattr(event, "usage", None)
        details = getattr(usage, "input_tokens_details", None)
        if usage is None or details is None:
            return None
        return self._prices.paid(model, Usage(details.text_tokens, details.image_tokens, usage.output_tokens))

    @contextmanager
    def _translated(self) -> Generator[None, None, None]:
        """The SDK's errors as those of the house. Also what a stream breaks off with is one of them."""
        import httpx2
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            if _refusal(error.body):
                raise refused(self.title, error.message, categories=_categories(error.body)) from error
            raise of_status(self.title, error.status_code, said=_said(error), headers=error.response.headers) from error
        except openai.APIConnectionError as error:
            raise cut(self.title, type(error.__cause__ or error).__name__) from error
        except openai.APIError as error:  # An error as an event of the stream.
            if _refusal(error.body):
                raise refused(self.title, error.message, categories=_categories(error.body)) from error
            raise gave_up(self.title, error.message) from error
        except httpx2.HTTPError as error:
            raise cut(self.title, type(error).__name__) from error
        except ValueError as error:  # An event that is not JSON.
            raise malformed(self.title, "an event that is not JSON") from error

    def _named(self, model: str) -> tuple[str, str]:
        name, _, quality = model.removeprefix(f"{self.name}/").partition("@")
        return name, quality or QUALITIES[0]

    def _card(self, deployment: Deployment, quality: str) -> ModelCard:
        name = deployment.name if quality == QUALITIES[0] else f"{deployment.name}@{quality}"
        sizes = ANY_SIZE if deployment.model.startswith(FREE_SIZES) else THREE_SIZES
        return card(
            provider=self.name,
            model=name,
            name=f"{deployment.name} ({quality})",
            family="gpt-image",
            description=f"{deployment.model} at {self.title}, in {quality} quality. Takes no seed; shows up to "
            f"{PARTIALS} unfinished pictures.",
            sizes=sizes,
            capabilities=CAPABILITIES,
            fixed={*OWN_WAY, "negative_prompt"},
            price_usd=self._prices.expected(deployment.model, quality=quality, width=sizes.width, height=sizes.height),
        )


def openai_service(*, url: str, models: Sequence[str], prices: Prices) -> GptImages:
    """OpenAI itself."""

    def client(credentials: Credentials) -> "AsyncOpenAI":
        from openai import AsyncOpenAI

        base = f"{url.rstrip('/').removesuffix('/v1')}/v1"
        return AsyncOpenAI(api_key=credentials["key"], base_url=base, max_retries=0)

    return GptImages(
        name="openai",
        title="OpenAI",
        deployments=[Deployment(model, model) for model in models],
        secrets=(Secret(name="key"),),
        prices=prices,
        client=client,
    )


def azure_service(*, version: str, deployments: Sequence[str], prices: Prices) -> GptImages:
    """Azure OpenAI: deployments have names of their own, `name=model` says what they are."""

    def client(credentials: Credentials) -> "AsyncOpenAI":
        from openai import AsyncAzureOpenAI

        return AsyncAzureOpenAI(
            api_key=credentials["key"],
            azure_endpoint=credentials["endpoint"],
            api_version=version,
            max_retries=0,
        )

    named = (deployment.partition("=") for deployment in deployments)
    return GptImages(
        name="azure",
        title="Azure OpenAI",
        deployments=[Deployment(name, model or name) for name, _, model in named],
        secrets=(
            Secret(name="key"),
            Secret(
                name="endpoint",
                pattern=r"https://[a-z0-9-]+\.(openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)/?",
            ),
        ),
        prices=prices,
        client=client,
    )


async def _closed(client: "AsyncOpenAI") -> None:
    await client.close()


def _images(wish: Wish) -> dict[str, Any]:
    """The start image, and the mask whose clear parts are drawn anew, as files. For a thread."""
    image = given.start(wish.recipe, wish.images)
    files: dict[str, Any] = {"image": ("image.png", given.png(image), "image/png")}
    if wish.recipe.mask is not None:
        clear = given.clear_where_drawn(given.mask(wish.recipe, wish.images))
        files["mask"] = ("mask.png", given.png(clear), "image/png")
    return files


def _refusal(body: object) -> bool:
    return isinstance(body, Mapping) and str(body.get("code") or body.get("type")) in REFUSED


def _categories(body: object) -> tuple[str, ...]:
    """What it is refused for, where the service says that in its words or in Azure's."""
    if not isinstance(body, Mapping):
        return ()
    inner = body.get("inner_error") or body.get("innererror") or {}
    results = inner.get("content_filter_results", {}) if isinstance(inner, Mapping) else {}
    named = [str(name) for name, found in results.items() if isinstance(found, Mapping) and found.get("filtered")]
    details = body.get("moderation_details")
    if isinstance(details, Mapping):
        named += [str(category) for category in details.get("categories", ())]
    return tuple(named)


def _said(error: Any) -> str:
    body = error.body
    return str(body["message"]) if isinstance(body, Mapping) and "message" in body else ""

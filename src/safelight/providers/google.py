"""Google: Imagen on Vertex AI, and Gemini's image models there or with a key of the Gemini API.

https://cloud.google.com/vertex-ai/generative-ai/docs/image and https://ai.google.dev/gemini-api/docs/image-generation
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from safelight.domain.model_card import Capability, ModelCard, Sizes
from safelight.providers.cards import OWN_WAY, card
from safelight.providers.clients import Clients
from safelight.providers.failures import Denied, cut, malformed, of_status, refused
from safelight.providers.hosted import Hosted
from safelight.providers.prices import Prices
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Tells, Wish

if TYPE_CHECKING:
    from google.genai import Client

NAME, TITLE = "google", "Google"
IMAGEN_SHAPES: Mapping[tuple[int, int], str] = {
    (1024, 1024): "1:1",
    (896, 1280): "3:4",
    (1280, 896): "4:3",
    (768, 1408): "9:16",
    (1408, 768): "16:9",
}
GEMINI_SHAPES: Mapping[tuple[int, int], str] = {
    (1024, 1024): "1:1",
    (832, 1248): "2:3",
    (1248, 832): "3:2",
    (864, 1184): "3:4",
    (1184, 864): "4:3",
    (768, 1344): "9:16",
    (1344, 768): "16:9",
}
IMAGEN = "imagen"
BLOCKED = frozenset(
    "SAFETY PROHIBITED_CONTENT BLOCKLIST SPII RECITATION IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION".split()
)
"""Why Gemini ends without a picture, where that is because of its rules."""


@dataclass(frozen=True)
class Made:
    id: str
    name: str


MODELS = (
    Made("imagen-4.0-generate-001", "Imagen 4"),
    Made("imagen-4.0-fast-generate-001", "Imagen 4 Fast"),
    Made("imagen-4.0-ultra-generate-001", "Imagen 4 Ultra"),
    Made("gemini-2.5-flash-image", "Gemini 2.5 Flash Image"),
    Made("gemini-3-pro-image-preview", "Gemini 3 Pro Image"),
)


@dataclass(frozen=True)
class _Connected:
    """A client, and what it sends with, which it does not close itself."""

    client: "Client"
    http: httpx2.AsyncClient


class Google(Hosted["_Connected"]):
    """Both of Google's interfaces.

    Args:
        url: of another server than Google's.
        location: where in Google's cloud.
        vertex: the server's own credentials are for Vertex AI, so that its models are the first.
    """

    name, title = NAME, TITLE
    secrets = (
        Secret(name="key", instead="project"),
        Secret(name="project", required=False, pattern=r"[a-z][a-z0-9:.-]{1,62}"),
        Secret(name="token", required=False),
    )

    def __init__(self, *, url: str | None, location: str, vertex: bool, prices: Prices) -> None:
        self._url = url
        self._location = location
        ordered = sorted(MODELS, key=lambda made: made.id.startswith(IMAGEN) is not vertex)
        super().__init__(Clients(self._client, _closed), [_card(made, prices) for made in ordered])

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        imagen = wish.model.startswith(IMAGEN)
        if imagen and not wish.credentials.get("project"):
            raise Denied(
                "Imagen is at Vertex AI alone, and there are credentials for the Gemini API.",
                hint="Give a `project` and a `token`, or draw with one of the Gemini models.",
            )
        client = self._clients.of(wish.credentials).client
        yield Tells(code="no_seed", detail=f"{TITLE} takes no seed here: the same recipe draws another picture.")
        yield Accepted()

        async def send() -> bytes:
            with _translated():
                return await (_imagen if imagen else _gemini)(client, wish)

        yield Done(image=await wish.patience.post(send))

    def _client(self, credentials: Credentials) -> _Connected:
        from google.genai import Client
        from google.genai.types import HttpOptions

        # Left to itself it takes aiohttp where that is installed.
        http = httpx2.AsyncClient(timeout=None, trust_env=False)
        options = HttpOptions(base_url=self._url, httpx_async_client=http)
        if not credentials.get("project"):
            return _Connected(Client(api_key=credentials["key"], vertexai=False, http_options=options), http)
        from google.oauth2.credentials import Credentials as Token

        token = credentials.get("token")
        made = Client(
            vertexai=True,
            project=credentials["project"],
            location=self._location,
            credentials=Token(token=token) if token else None,  # type: ignore[no-untyped-call]
            http_options=options,
        )
        return _Connected(made, http)


async def _imagen(client: "Client", wish: Wish) -> bytes:
    from google.genai.types import GenerateImagesConfig

    recipe = wish.recipe
    answer = await client.aio.models.generate_images(
        model=wish.model,
        prompt=recipe.prompt,
        config=GenerateImagesConfig(
            number_of_images=1,
            aspect_ratio=IMAGEN_SHAPES[recipe.width or 0, recipe.height or 0],
            include_rai_reason=True,
            output_mime_type="image/png",
        ),
    )
    if not answer.generated_images:
        raise malformed(TITLE, "an answer without a picture")
    first = answer.generated_images[0]
    if first.rai_filtered_reason:
        raise refused(TITLE, str(first.rai_filtered_reason))
    if first.image is None or not first.image.image_bytes:
        raise malformed(TITLE, "an answer without a picture")
    return bytes(first.image.image_bytes)


async def _gemini(client: "Client", wish: Wish) -> bytes:
    from google.genai.types import GenerateContentConfig, ImageConfig

    recipe = wish.recipe
    answer = await client.aio.models.generate_content(
        model=wish.model,
        contents=recipe.prompt,
        config=GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=ImageConfig(aspect_ratio=GEMINI_SHAPES[recipe.width or 0, recipe.height or 0]),
        ),
    )
    feedback = answer.prompt_feedback
    if feedback is not None and feedback.block_reason:
        raise refused(TITLE, str(feedback.block_reason_message or ""), categories=(feedback.block_reason.value,))
    if not answer.candidates:
        raise malformed(TITLE, "an answer without a candidate")
    candidate = answer.candidates[0]
    reason = candidate.finish_reason.value if candidate.finish_reason is not None else ""
    if reason in BLOCKED:
        raise refused(TITLE, str(candidate.finish_message or ""), categories=(reason,))
    parts = (candidate.content.parts if candidate.content is not None else None) or []
    for part in parts:
        if part.inline_data is not None and part.inline_data.data:
            return bytes(part.inline_data.data)
    raise malformed(TITLE, "an answer without a picture")


def _card(made: Made, prices: Prices) -> ModelCard:
    imagen = made.id.startswith(IMAGEN)
    shapes = IMAGEN_SHAPES if imagen else GEMINI_SHAPES
    where = "on Vertex AI" if imagen else "with a key of the Gemini API, or on Vertex AI"
    return card(
        provider=NAME,
        model=made.id,
        name=made.name,
        description=f"{made.name} {where}. Takes no seed; shows nothing before it is done.",
        sizes=Sizes(width=1024, height=1024, smallest=768, largest=1408, only=tuple(shapes)),
        capabilities=(Capability.TEXT,),
        fixed={*OWN_WAY, "negative_prompt"},
        price_usd=prices.of_picture(f"{NAME}/{made.id}"),
    )


async def _closed(connected: _Connected) -> None:
    connected.client.close()
    await connected.http.aclose()


@contextmanager
def _translated() -> Generator[None, None, None]:
    from google.auth.exceptions import GoogleAuthError
    from google.genai.errors import APIError, UnknownApiResponseError
    from pydantic import ValidationError

    try:
        yield
    except APIError as error:
        said, headers = str(error.message or ""), getattr(error.response, "headers", None)
        if error.code == 400 and any(word in said.lower() for word in ("responsible ai", "safety", "prohibited")):
            raise refused(TITLE, said) from error
        raise of_status(TITLE, error.code, said=said, headers=_plain(headers)) from error
    except GoogleAuthError as error:
        raise of_status(TITLE, 401, said=type(error).__name__) from error
    except httpx2.HTTPError as error:
        raise cut(TITLE, type(error).__name__) from error
    except (UnknownApiResponseError, ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise malformed(TITLE, "another form than is documented") from error


def _plain(headers: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(headers or {}).items()}

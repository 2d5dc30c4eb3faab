"""AWS Bedrock: Stability's models, Titan and Nova Canvas, each asked with a body of its own.

boto3 knows no asyncio, and cannot be told to stop: it signs and reads in a thread, and what it sends goes through an
asynchronous client, which closes the connection when somebody cancels. Bodies as the user guide has them under
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import asyncio
import base64
import binascii
import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx2

from safelight.domain.errors import Unsupported
from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.recipe import SEED_LIMIT, Recipe, Sampler
from safelight.providers import given
from safelight.providers.cards import OWN_WAY, card
from safelight.providers.clients import Clients
from safelight.providers.failures import cut, gave_up, malformed, of_status, refused
from safelight.providers.hosted import Hosted
from safelight.providers.prices import Prices
from safelight.providers.upstream import Accepted, Credentials, Done, News, Secret, Wish

NAME, TITLE = "bedrock", "AWS Bedrock"
AMAZON_SEEDS = 858_993_460
SHAPES: Mapping[tuple[int, int], str] = {
    (1024, 1024): "1:1",
    (1344, 768): "16:9",
    (768, 1344): "9:16",
    (1216, 832): "3:2",
    (832, 1216): "2:3",
    (1088, 896): "5:4",
    (896, 1088): "4:5",
}
STABILITY_SIZES = Sizes(width=1024, height=1024, smallest=768, largest=1344, only=tuple(SHAPES))
AMAZON_SIZES = Sizes(width=1024, height=1024, multiple=64, smallest=320, largest=2048)
TITAN_SHAPES = ((1024, 1024), (768, 768), (512, 512), (1152, 768), (768, 1152), (1280, 768), (768, 1280))
TITAN_SIZES = Sizes(width=1024, height=1024, smallest=512, largest=1280, only=TITAN_SHAPES)
GUIDANCE = (1.1, 10.0)
FILTERED = "Filter reason"
BLOCKED = ("blocked by our content filters", "AI moderation", "content policy", "Responsible AI")
TEXT_LIMIT = 1024
"""Letters of a prompt that Amazon's own models take."""
THREADS = 16


@dataclass(frozen=True)
class Made:
    """A model of Bedrock's.

    Attributes:
        body: what it is asked with.
    """

    id: str
    name: str
    about: str
    sizes: Sizes
    capabilities: tuple[Capability, ...]
    body: "Callable[[Wish], dict[str, Any]]"
    fixed: frozenset[str] = OWN_WAY
    text_limit: int = 10_000


def _stability(wish: Wish) -> dict[str, Any]:
    recipe = wish.recipe
    body: dict[str, Any] = {"prompt": recipe.prompt, "seed": wish.seed % (SEED_LIMIT - 1), "output_format": "png"}
    if recipe.negative_prompt:
        body["negative_prompt"] = recipe.negative_prompt
    if recipe.image is None:
        return {**body, "aspect_ratio": SHAPES[recipe.width or 0, recipe.height or 0]}
    image = base64.b64encode(given.png(given.start(recipe, wish.images))).decode()
    return {**body, "mode": "image-to-image", "image": image, "strength": recipe.image.strength}


def _amazon(wish: Wish) -> dict[str, Any]:
    recipe = wish.recipe
    words: dict[str, Any] = {"text": recipe.prompt}
    if recipe.negative_prompt:
        words["negativeText"] = recipe.negative_prompt
    config: dict[str, Any] = {"numberOfImages": 1, "seed": wish.seed % AMAZON_SEEDS, "cfgScale": recipe.guidance}
    config |= {"quality": "standard", "width": recipe.width, "height": recipe.height}
    if recipe.image is None:
        return {"taskType": "TEXT_IMAGE", "textToImageParams": words, "imageGenerationConfig": config}
    image = base64.b64encode(given.png(given.start(recipe, wish.images))).decode()
    if recipe.mask is None:
        words |= {"images": [image], "similarityStrength": round(1 - 0.8 * recipe.image.strength, 2)}
        return {"taskType": "IMAGE_VARIATION", "imageVariationParams": words, "imageGenerationConfig": config}
    # Theirs is black where something is drawn anew, and knows no grey.
    mask = given.mask(recipe, wish.images).point(lambda grey: 0 if grey >= 128 else 255)
    words |= {"image": image, "maskImage": base64.b64encode(given.png(mask)).decode()}
    del config["width"], config["height"]
    return {"taskType": "INPAINTING", "inPaintingParams": words, "imageGenerationConfig": config}


NEGATIVE, IMAGE, MASK = Capability.NEGATIVE_PROMPT, Capability.IMAGE, Capability.MASK
GUIDED = OWN_WAY - {"guidance"}
MODELS = (
    Made(
        "stability.stable-image-core-v1:1",
        "Stable Image Core",
        "Stability's fast model.",
        STABILITY_SIZES,
        (NEGATIVE,),
        _stability,
    ),
    Made(
        "stability.sd3-5-large-v1:0",
        "Stable Diffusion 3.5 Large",
        "Stability's open model.",
        STABILITY_SIZES,
        (NEGATIVE, IMAGE),
        _stability,
    ),
    Made(
        "stability.stable-image-ultra-v1:1",
        "Stable Image Ultra",
        "Stability's finest model.",
        STABILITY_SIZES,
        (NEGATIVE, IMAGE),
        _stability,
    ),
    Made(
        "amazon.titan-image-generator-v2:0",
        "Titan Image Generator v2",
        "Amazon's older model; open to accounts that used it before.",
        TITAN_SIZES,
        (NEGATIVE, IMAGE, MASK),
        _amazon,
        GUIDED,
        512,
    ),
    Made(
        "amazon.nova-canvas-v1:0",
        "Nova Canvas",
        "Amazon's model; open to accounts that used it before it became a legacy model.",
        AMAZON_SIZES,
        (NEGATIVE, IMAGE, MASK),
        _amazon,
        GUIDED,
        TEXT_LIMIT,
    ),
)


class Bedrock(Hosted[Any]):
    """Bedrock's runtime in one region.

    Args:
        endpoint: of another runtime than the region's own.
    """

    name, title = NAME, TITLE
    # Without any, what the machine's role gives; a workspace gives both or none.
    secrets = (
        Secret(name="key_id", required=False),
        Secret(name="secret_key", required=False),
    )

    def __init__(self, *, region: str, endpoint: str | None, prices: Prices) -> None:
        self._region = region
        self._endpoint = endpoint
        self._http = httpx2.AsyncClient(timeout=None, trust_env=False)
        self._here = threading.local()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bedrock")
        self._models = {made.id: made for made in MODELS}
        super().__init__(Clients(self._client), [_card(made, prices) for made in MODELS])

    def check(self, recipe: Recipe) -> None:
        made = self._models[(recipe.model or "").removeprefix(f"{NAME}/")]
        if len(recipe.prompt) > made.text_limit:
            raise Unsupported(f"{made.name} reads {made.text_limit} letters of a prompt.", hint="Say it shorter.")
        guided, (least, most) = "guidance" not in made.fixed, GUIDANCE
        if guided and not least <= (recipe.guidance or 0) <= most:
            raise Unsupported(f"{made.name} takes a guidance from {least:g} to {most:g}.", hint="Change `guidance`.")
        if recipe.outpaint is not None or (recipe.image is not None and recipe.image.at_step is not None):
            raise Unsupported(f"{made.name} does not do that with an image.", hint="Leave `outpaint`, `at_step` out.")

    async def close(self) -> None:
        await super().close()
        await self._http.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def draw(self, wish: Wish) -> AsyncGenerator[News, None]:
        loop = asyncio.get_running_loop()
        made = self._models[wish.model]
        with wish.patience.preparing():
            body = json.dumps(await loop.run_in_executor(self._threads, made.body, wish))
            client = await loop.run_in_executor(self._threads, self._clients.of, wish.credentials)
        yield Accepted()

        async def send() -> bytes:
            sending = _Sending(loop, self._http)
            try:
                return await loop.run_in_executor(self._threads, self._invoke, client, made.id, body, sending)
            finally:
                sending.stop()

        answer = await wish.patience.post(send)
        yield Done(image=_picture(answer, made))

    def _invoke(self, client: Any, model: str, body: str, sending: "_Sending") -> bytes:
        self._here.sending = sending
        with _translated():
            reply = client.invoke_model(
                modelId=model, body=body, contentType="application/json", accept="application/json"
            )
            return bytes(reply["body"].read())

    def _send(self, request: Any, **_: Any) -> Any:
        """Instead of boto3: called in the thread that invokes, with the signed request."""
        sending: _Sending = self._here.sending
        return sending.send(request)

    def _client(self, credentials: Credentials) -> Any:
        import boto3
        from botocore.config import Config

        made = boto3.session.Session(
            aws_access_key_id=credentials.get("key_id"),
            aws_secret_access_key=credentials.get("secret_key"),
            region_name=self._region,
        ).client(
            "bedrock-runtime",
            endpoint_url=self._endpoint,
            config=Config(
                # One more attempt than none would be: what may be paid is not sent twice.
                retries={"total_max_attempts": 1},
            ),
        )
        made.meta.events.register("before-send.bedrock-runtime.InvokeModel", self._send)
        return made


class _Raw(BytesIO):
    """An answer as boto3 reads one."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class _Sending:
    """One request on its way, from a thread through the loop's client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, http: httpx2.AsyncClient) -> None:
        self._loop = loop
        self._http = http
        self._under_way: Future[httpx2.Response] | None = None

    def send(self, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
        }
        asked = self._http.request(request.method, request.url, headers=headers, content=request.body)
        self._under_way = asyncio.run_coroutine_threadsafe(asked, self._loop)
        reply = self._under_way.result()
        return AWSResponse(request.url, reply.status_code, reply.headers, _Raw(reply.content))

    def stop(self) -> None:
        """Close the connection, where nobody waits for the answer any more."""
        if self._under_way is not None:
            self._under_way.cancel()


def _picture(answer: bytes, made: Made) -> bytes:
    """What stands in an answer of either kind. Raises NotAllowed where it was filtered."""
    try:
        said = json.loads(answer)
        for reason in said.get("finish_reasons") or ():
            if reason is not None:
                raise refused(TITLE, reason) if str(reason).startswith(FILTERED) else gave_up(TITLE, str(reason))
        if said.get("error"):
            raise _of_words(str(said["error"]))
        return base64.b64decode(said["images"][0], validate=True)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, binascii.Error) as error:
        raise malformed(TITLE, f"no picture of {made.name}") from error


def _of_words(said: str) -> Exception:
    blocked = any(words.lower() in said.lower() for words in BLOCKED)
    return refused(TITLE, said) if blocked else gave_up(TITLE, said)


def _card(made: Made, prices: Prices) -> ModelCard:
    negative = frozenset() if NEGATIVE in made.capabilities else frozenset({"negative_prompt"})
    guided = "guidance" not in made.fixed
    return card(
        provider=NAME,
        model=made.id,
        name=made.name,
        description=f"{made.about} Shows nothing before it is done.",
        sizes=made.sizes,
        capabilities=made.capabilities,
        fixed=made.fixed | negative,
        defaults=Defaults(steps=1, guidance=6.5, sampler=Sampler.EULER) if guided else None,
        price_usd=prices.of_picture(f"{NAME}/{made.id}"),
    )


@contextmanager
def _translated() -> Generator[None, None, None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except ClientError as error:
        about, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, said = str(about.get("Code", "")), str(about.get("Message", ""))
        if code == "ValidationException" and any(words.lower() in said.lower() for words in BLOCKED):
            raise refused(TITLE, said) from error
        status = 429 if code in ("ThrottlingException", "ServiceQuotaExceededException") else meta.get("HTTPStatusCode")
        raise of_status(TITLE, int(status or 500), said=said, headers=meta.get("HTTPHeaders")) from error
    except NoCredentialsError as error:
        raise of_status(TITLE, 401, said="there are no credentials") from error
    except (httpx2.HTTPError, BotoCoreError, OSError) as error:
        raise cut(TITLE, type(error).__name__) from error

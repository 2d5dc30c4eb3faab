"""Asking a service that answers in JSON: within a time, and with one kind of error for all that can go wrong."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import SecretStr

from safelight.domain.errors import Unreachable

VERSION = "2023-06-01"
BEDROCK, BEDROCK_VERSION = "bedrock", "bedrock-2023-05-31"
TOKENS_LIMIT = 2000


def no_answer(why: str) -> Unreachable:
    return Unreachable(f"The language model did not answer: {why}.", hint="Try again; the log says more.")


async def post(url: str, *, headers: Mapping[str, str], body: Mapping[str, Any], seconds: float) -> Any:
    """The answer, as JSON.

    Args:
        seconds: how long to wait for all of it.

    Raises:
        Unreachable: none came, or not one of this form.
    """
    try:
        async with asyncio.timeout(seconds), await _client() as client:
            reply = await client.post(url, headers=dict(headers), json=dict(body))
    except TimeoutError as error:
        raise no_answer(f"it took longer than {seconds:g} seconds") from error
    except httpx2.HTTPError as error:
        raise no_answer(f"the connection failed ({type(error).__name__})") from error
    if reply.is_error:
        raise no_answer(f"it answered with status {reply.status_code}")
    try:
        return reply.json()
    except ValueError as error:
        raise wrong_form() from error


async def _client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=None, verify=await asyncio.to_thread(_trusted))


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to believe who they are. It takes a tenth of a second to read, so it is read once, and in a thread."""
    return httpx2.create_ssl_context()


def wrong_form() -> Unreachable:
    return no_answer("its answer was not of the form that was asked for")


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Anthropic's Messages API; the answer is asked for as the input of a tool, so that it comes as JSON.

    https://docs.claude.com/en/api/messages and, for Amazon Bedrock, .../claude-on-amazon-bedrock

    Attributes:
        key: of the API; for Amazon Bedrock, a Bedrock API key.
        model: which one to ask, as the API calls it.
        timeout: seconds to wait for the whole answer.
        url: where the API is; one with `bedrock` in it is asked as Amazon Bedrock wants to be.
    """

    key: SecretStr
    model: str
    timeout: float
    url: str

    async def ask(self, text: str, *, system: str, tool: Mapping[str, Any]) -> Any:
        """What the model puts into the tool. Raises Unreachable."""
        question = {
            "max_tokens": TOKENS_LIMIT,
            "system": system,
            "messages": [{"role": "user", "content": text}],
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": tool["name"]},
        }
        answer = await (self._bedrock(question) if BEDROCK in self.url else self._anthropic(question))
        try:
            return next(block["input"] for block in answer["content"] if block["type"] == "tool_use")
        except (KeyError, TypeError, StopIteration) as error:
            raise wrong_form() from error

    async def _anthropic(self, question: Mapping[str, Any]) -> Any:
        headers = {"x-api-key": self.key.get_secret_value(), "anthropic-version": VERSION}
        url = f"{self.url.rstrip('/')}/v1/messages"
        return await post(url, headers=headers, body={"model": self.model, **question}, seconds=self.timeout)

    async def _bedrock(self, question: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.key.get_secret_value()}"}
        url = f"{self.url.rstrip('/')}/model/{quote(self.model, safe='')}/invoke"
        body = {"anthropic_version": BEDROCK_VERSION, **question}
        return await post(url, headers=headers, body=body, seconds=self.timeout)

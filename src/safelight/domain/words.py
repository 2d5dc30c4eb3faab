"""Prompts: plain text of a bounded length."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

PROMPT_LIMIT = 10_000


def _plain(text: str) -> str:
    if "\x00" in text:
        raise ValueError("contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("contains half of a surrogate pair, which is not text") from error
    return text.strip()


def _not_empty(prompt: str) -> str:
    if not prompt:
        raise ValueError("is empty: say what the picture should show")
    return prompt


Words = Annotated[str, StringConstraints(max_length=PROMPT_LIMIT), AfterValidator(_plain)]
"""Any text, without the space around it."""
Prompt = Annotated[Words, AfterValidator(_not_empty)]
"""What a picture shows."""

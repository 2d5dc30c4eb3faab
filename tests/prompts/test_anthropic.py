"""The language model as enhancer, over its real protocol, against a server on this machine."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from safelight.prompts.anthropic import Anthropic
from safelight.prompts.enhancement import Enhancement, Mode
from safelight.prompts.rules import enhanced
from tests.answering import Api, saying, serving

pytestmark = pytest.mark.anyio
KEY = "sk-ant-very-secret"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    async def ask(api: Api, prompt: str = "a cat", mode: Mode = Mode.DETAILED, seconds: float = 20) -> Enhancement:
        enhancer = Anthropic(key=SecretStr(KEY), model="claude-test", timeout=seconds, url=api.url)
        return await enhancer.enhance(prompt, mode=mode, seed=4)

    return ask


async def test_it_is_asked_as_the_api_wants_and_its_answer_taken(ask: Callable[..., Any]) -> None:
    answer = {"prompt": " a (red:1.2) cat by the sea ", "negative_prompt": "dogs", "changes": ["Added the sea."]}
    with serving(Api(saying(**answer))) as api:
        better = await ask(api, "a (red:1.2) cat")
    assert better == Enhancement(
        prompt="a (red:1.2) cat by the sea",
        negative_prompt="dogs",
        changes=("Added the sea.",),
        original="a (red:1.2) cat",
        by="claude-test",
    )
    ((path, headers, body),) = api.asked
    assert path == "/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert body["messages"] == [{"role": "user", "content": "a (red:1.2) cat"}]
    assert body["tool_choice"]["name"] == body["tools"][0]["name"]
    assert body["max_tokens"] > 0


async def test_what_frightens_is_taken_out_of_its_answer_too(ask: Callable[..., Any]) -> None:
    with serving(Api(saying(prompt="a cat with a sword", negative_prompt="", changes=[]))) as api:
        better = await ask(api, mode=Mode.CHILD_FRIENDLY)
    assert better.prompt == "a cat with a magic wand"
    assert better.changes == ("'sword' became 'magic wand'.",)


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@pytest.mark.parametrize(
    ("api", "prompt", "says"),
    [
        (Api(OVERLOADED, status=529), "a cat", "529"),
        (Api({"type": "error"}, status=401), "a cat", "401"),
        (Api(b"<html>"), "a cat", "form"),
        (Api([]), "a cat", "form"),
        (Api(saying(prompt="")), "a cat", "form"),
        (Api({"content": [{"type": "text", "text": "I cannot."}]}), "a cat", "form"),
        (Api(saying(prompt="a cat", changes=[])), "a (red:1.3) cat", "lost"),
        (Api(saying(prompt="a red cat", changes=[])), "a __colour__ cat", "lost"),
        (Api(saying(prompt="a cat"), delay=1), "a cat", "longer"),
    ],
    ids=["overloaded", "key", "html", "list", "empty", "refusal", "weight", "wildcard", "slow"],
)
async def test_where_it_fails_the_rules_answer_and_say_so(
    api: Api, prompt: str, says: str, ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(api):
        better = await ask(api, prompt, seconds=0.3 if api.delay else 20)
    assert better.by == "rules"
    assert says in (better.notice or "")
    assert better.model_copy(update={"notice": None}) == enhanced(prompt, mode=Mode.DETAILED, seed=4)
    assert KEY not in str(better) + caplog.text


async def test_nobody_at_the_address(ask: Callable[..., Any]) -> None:
    better = await ask(Api(url="http://127.0.0.1:9"))
    assert (better.by, "connection" in (better.notice or "")) == ("rules", True)

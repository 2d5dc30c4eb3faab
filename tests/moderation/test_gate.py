"""The gate: who is asked after whom, what a policy changes, and what happens when nobody answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from safelight.asking import Messages
from safelight.domain.errors import Misconfigured, Unreachable
from safelight.domain.pixels import Pixels
from safelight.domain.verdict import Category, Failing, Stage
from safelight.domain.workspace import Stricter
from safelight.moderation.classifier import Classifier
from safelight.moderation.gate import Gate
from safelight.moderation.judges import TOOL, Claude, Judge, OpenAI
from safelight.moderation.pixels import OpenNsfw, blurred
from safelight.moderation.policy import read_policy
from safelight.moderation.words import Rules, read_lists
from tests.answering import Api, saying, serving

pytestmark = pytest.mark.anyio
KEY = "sk-very-secret"
RULES = Rules(read_lists())
CLASSIFIER = Classifier.read()
FINE = dict.fromkeys([category.value for category in Category], 0.0)


@dataclass
class Told:
    """A judge that says what it was told to, and remembers what it was asked."""

    says: Mapping[Category, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    version: str = "told"

    async def scores(self, text: str) -> Mapping[Category, float]:
        self.asked.append(text)
        return self.says


def test_a_workspace_is_stricter_as_it_likes_and_looser_as_far_as_it_is_let(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[thresholds]\nviolence = 0.5\n[loosest]\nviolence = 0.9\nminors = 2\n")
    policy = read_policy(tmp_path)
    limits = {category: policy.limit(category) for category in Category}
    assert limits == {**dict.fromkeys(Category, 0.7), Category.VIOLENCE: 0.9}
    assert policy.limit(Category.SEXUAL, pixels=True) == 0.8
    loose = Stricter(
        texts={Category.VIOLENCE: 2, Category.MINORS: 1, Category.HATE: 0.1}, pictures={Category.HATE: 0.9}
    )
    assert policy.beyond(loose) == {
        "moderation.texts.violence": "may be at most 0.9 on this server",
        "moderation.texts.minors": "may be at most 0.7 on this server",
        "moderation.pictures.hate": "may be at most 0.8 on this server",
    }
    gate = Gate(policy=policy, rules=RULES)
    theirs = gate.within(loose)
    assert theirs.version != gate.version and gate.within(Stricter()) is gate
    assert dict(theirs.policy.thresholds) == {Category.VIOLENCE: 0.9, Category.MINORS: 0.7, Category.HATE: 0.1}
    scores = {Category.VIOLENCE: 0.8, Category.HATE: 0.2}
    assert policy.over(scores) == (Category.VIOLENCE,) and theirs.policy.over(scores) == (Category.HATE,)


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


async def test_nothing_asked_allows_everything() -> None:
    verdict = await Gate().read("a nude")
    assert verdict.allowed and verdict.stage is Stage.NONE and "off" in verdict.reason


async def test_the_rules_say_which_word_it_was() -> None:
    verdict = await Gate(rules=RULES).read("a n.u.d.e woman with a sword")
    assert (verdict.allowed, verdict.stage, verdict.refused_for) == (False, Stage.RULES, (Category.SEXUAL,))
    assert verdict.reason == "Refused (sexual): 'nude' stands on a list of words."
    assert (await Gate(rules=RULES).read("a woman with a sword")).allowed
    together = await Gate(rules=RULES).read("sexy teen")
    assert together.reason == "Refused (minors): 'sexy … teen' stands on a list of words."


async def test_the_classifier_finds_what_no_list_has() -> None:
    prompt = "woman taking off her bra in front of the camera, explicit"
    assert (await Gate(rules=RULES).read(prompt)).allowed
    verdict = await Gate(rules=RULES, classifier=CLASSIFIER).read(prompt)
    assert (verdict.allowed, verdict.stage) == (False, Stage.CLASSIFIER)
    assert verdict.scores[Category.SEXUAL] >= 0.7


async def test_what_the_lists_allow_the_classifier_does_not_refuse() -> None:
    assert not (
        await Gate(rules=Rules([]), classifier=CLASSIFIER).read("nude palette, nude heels, nude lipstick")
    ).allowed
    assert (await Gate(rules=RULES, classifier=CLASSIFIER).read("nude palette, nude heels, nude lipstick")).allowed


async def test_the_judge_has_the_last_word_on_what_the_rules_let_pass() -> None:
    doubtful = "woman taking off her bra in front of the camera, explicit"
    lenient, strict = Told(), Told({Category.VIOLENCE: 0.9})
    assert (await Gate(rules=RULES, classifier=CLASSIFIER, judge=lenient).read(doubtful)).allowed
    verdict = await Gate(rules=RULES, classifier=CLASSIFIER, judge=strict).read("a red dragon")
    assert (verdict.stage, verdict.refused_for) == (Stage.JUDGE, (Category.VIOLENCE,))
    assert not (await Gate(rules=RULES, classifier=CLASSIFIER, judge=lenient).read("a nude")).allowed
    assert lenient.asked == [doubtful]


async def test_a_policy_moves_thresholds_but_never_that_of_minors(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[thresholds]\nsexual = 2\nminors = 2\nviolence = 0.2\n")
    gate = Gate(policy=read_policy(tmp_path), rules=RULES)
    assert (await gate.read("a nude")).allowed
    assert (await gate.read("a nude, minor")).refused_for == (Category.MINORS,)
    assert gate.version != Gate(rules=RULES).version == Gate(rules=RULES).version


@pytest.mark.parametrize("text", ["[thresholds]\nrudeness = 1", "thresholds = 1", "[thresholds]\nsexual = -1", "= 1"])
def test_a_policy_that_cannot_be_read_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.toml").write_text(text)
    with pytest.raises(Misconfigured, match=r"policy\.toml"):
        read_policy(tmp_path)


def claude(api: Api, seconds: float = 20) -> Judge:
    return Claude(Messages(key=SecretStr(KEY), model="claude-test", timeout=seconds, url=api.url))


def openai(api: Api, seconds: float = 20) -> Judge:
    return OpenAI(key=SecretStr(KEY), model="omni-moderation-latest", timeout=seconds, url=api.url)


def moderated(**scores: float) -> dict[str, object]:
    """A reply as OpenAI documents it."""
    named = {"sexual": 0.0, "sexual/minors": 0.0, "violence": 0.9, "harassment": 0.1, **scores}
    return {"id": "modr-1", "model": "omni", "results": [{"flagged": False, "category_scores": named}]}


async def test_claude_is_asked_as_the_api_wants() -> None:
    with serving(Api(saying(**FINE | {"hate": 0.8}))) as api:
        assert (await claude(api).scores("a poster"))[Category.HATE] == 0.8
    ((path, headers, body),) = api.asked
    assert (path, headers["x-api-key"]) == ("/v1/messages", KEY)
    assert body["messages"] == [{"role": "user", "content": "a poster"}]
    assert body["tools"] == [TOOL] and body["tool_choice"]["name"] == TOOL["name"]


async def test_claude_on_bedrock_is_asked_as_bedrock_wants() -> None:
    with serving(Api(saying(**FINE | {"sexual": 0.6}))) as api:
        url = f"{api.url}bedrock-runtime"
        judge = Claude(Messages(key=SecretStr(KEY), model="anthropic.claude-v1:0", timeout=20, url=url))
        assert (await judge.scores("a poster"))[Category.SEXUAL] == 0.6
    ((path, headers, body),) = api.asked
    assert path == "/bedrock-runtime/model/anthropic.claude-v1%3A0/invoke"
    assert headers["authorization"] == f"Bearer {KEY}" and "x-api-key" not in headers
    assert body["anthropic_version"] == "bedrock-2023-05-31" and "model" not in body


async def test_openai_is_asked_as_the_api_wants_and_read_in_our_categories() -> None:
    with serving(Api(moderated(**{"self-harm/intent": 0.7, "illicit/violent": 0.4}))) as api:
        scores = await openai(api).scores("a poster")
    assert scores[Category.SELF_HARM] == 0.7 and scores[Category.ILLEGAL] == 0.4 and scores[Category.VIOLENCE] == 0
    ((path, headers, body),) = api.asked
    assert (path, headers["authorization"]) == ("/v1/moderations", f"Bearer {KEY}")
    assert body == {"model": "omni-moderation-latest", "input": "a poster"}


BROKEN = [
    Api({"type": "error"}, status=529),
    Api({"type": "error"}, status=401),
    Api(b"<html>"),
    Api([]),
    Api({"results": []}),
    Api({"content": [{"type": "text", "text": "I cannot."}]}),
    Api(saying(sexual=3)),
    Api(saying(**FINE), delay=1),
]


@pytest.mark.parametrize("judge", [claude, openai])
@pytest.mark.parametrize("api", BROKEN, ids=["529", "401", "html", "list", "empty", "refusal", "scores", "slow"])
async def test_without_an_answer_it_is_closed_or_open_as_was_said(
    judge: Callable[[Api, float], Judge], api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(api):
        asked = judge(api, 0.2 if api.delay else 20)
        closed = Gate(rules=RULES, classifier=CLASSIFIER, judge=asked)
        with pytest.raises(Unreachable) as caught:
            await closed.read("a red dragon")
        assert caught.value.retryable and caught.value.hint
        ajar = Gate(rules=RULES, classifier=CLASSIFIER, judge=asked, fails=Failing.OPEN)
        verdict = await ajar.read("a red dragon")
        assert verdict.allowed and verdict.stage is Stage.CLASSIFIER
        assert not (await ajar.read("decapitated body, gore")).allowed
    assert KEY not in str(caught.value) + caught.value.hint + caplog.text


async def test_nobody_at_the_address_is_no_answer_either() -> None:
    with pytest.raises(Unreachable):
        await claude(Api(url="http://127.0.0.1:9")).scores("a red dragon")


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


async def test_the_model_that_looks_at_pictures_runs_offline_and_knows_a_harmless_one() -> None:
    model = OpenNsfw()
    gate = Gate(pixels=model)
    for image in (
        Image.new("RGB", (64, 64), "green"),
        Image.new("RGBA", (300, 200), (0, 0, 200, 40)),
        Image.new("P", (8, 8)),
    ):
        verdict = await gate.look(encoded(image), model)
        assert verdict.allowed and verdict.stage is Stage.PIXELS
    with pytest.raises(Unreachable):
        await gate.look(b"no picture at all", model)
    unseen = await Gate(pixels=model, fails=Failing.OPEN).look(b"no picture at all", model)
    assert unseen.allowed and unseen.reason == "Nobody could look at it."


def test_a_model_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Misconfigured) as caught:
        OpenNsfw()
    assert "safelight[moderation]" in caught.value.hint


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_nothing_can_be_made_out_behind_the_veil(mode: str) -> None:
    stripes = Image.new(mode, (128, 64), "white")
    for x in range(0, 128, 4):
        stripes.paste("black", (x, 0, x + 2, 64))
    veiled = blurred(Pixels(encoded(stripes), "image/png", 128, 64))
    assert (veiled.media_type, veiled.width, veiled.height) == ("image/webp", 128, 64)
    low, high = Image.open(BytesIO(veiled.data)).convert("L").getextrema()
    assert high - low < 40  # type: ignore[operator]

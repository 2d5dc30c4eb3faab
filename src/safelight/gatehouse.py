"""Builds, from the settings, what reads prompts and looks at pictures."""

from safelight.asking import Messages
from safelight.developing.moderation import Moderation
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.verdict import Moderating
from safelight.moderation.classifier import Classifier
from safelight.moderation.gate import Gate
from safelight.moderation.judges import Claude, Judge, OpenAI
from safelight.moderation.pixels import OpenNsfw
from safelight.moderation.policy import read_policy
from safelight.moderation.words import Rules, read_lists
from safelight.settings import JudgeChoice, Settings
from safelight.store.journal import Journal
from safelight.store.opening import Store


def make_moderation(settings: Settings, store: Store, *, meter: Meter = UNMEASURED) -> Moderation:
    return Moderation(
        gate=make_gate(settings),
        journal=Journal(store.records, keeps_text=settings.moderation_keeps_text),
        people=store.people,
        veiled=settings.moderation_veiled,
        meter=meter,
    )


def make_gate(settings: Settings) -> Gate:
    """What the settings ask of prompts and pictures.

    Raises:
        Misconfigured: a list of words or the policy cannot be read, or the image model is not installed.
    """
    stages, own = tuple(Moderating), settings.moderation_library
    level = stages.index(settings.moderates)
    return Gate(
        policy=read_policy(own),
        rules=Rules(read_lists(own / "words")) if level >= stages.index(Moderating.RULES) else None,
        classifier=Classifier.read() if level >= stages.index(Moderating.STANDARD) else None,
        judge=_judge(settings) if level >= stages.index(Moderating.JUDGE) else None,
        pixels=OpenNsfw() if settings.moderation_images else None,
        fails=settings.moderation_fails,
    )


def _judge(settings: Settings) -> Judge:
    if settings.moderation_judge is JudgeChoice.OPENAI:
        assert settings.openai_key is not None, "the settings see to it"
        return OpenAI(
            key=settings.openai_key,
            model=settings.moderation_model or "omni-moderation-latest",
            timeout=settings.moderation_timeout_s,
            url=settings.openai_url,
        )
    assert settings.anthropic_key is not None, "the settings see to it"
    return Claude(
        Messages(
            key=settings.anthropic_key,
            model=settings.moderation_model or "claude-haiku-4-5",
            timeout=settings.moderation_timeout_s,
            url=settings.anthropic_url,
        )
    )

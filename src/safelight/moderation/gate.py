"""The gate: a text goes past the lists of words, the classifier and the judge; a picture past its model."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from safelight.domain.errors import Unreachable
from safelight.domain.verdict import Category, Failing, Stage, Verdict
from safelight.domain.workspace import Stricter
from safelight.moderation.classifier import Classifier
from safelight.moderation.judges import Judge
from safelight.moderation.pixels import ImageModel
from safelight.moderation.policy import Policy
from safelight.moderation.words import Rules

log = logging.getLogger(__name__)

SEEN = 0.05
"""Scores below this are not worth a word."""
Scores = Mapping[Category, float]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What is asked; what is None is not.

    Attributes:
        policy: the thresholds.
        judge: has the last word on what the rules let pass, the classifier's doubts included.
        fails: what happens when the judge or the image model does not answer.
    """

    policy: Policy = field(default_factory=Policy)
    rules: Rules | None = None
    classifier: Classifier | None = None
    judge: Judge | None = None
    pixels: ImageModel | None = None
    fails: Failing = Failing.CLOSED

    @cached_property
    def version(self) -> str:
        """Of everything that decides."""
        asked = (self.rules, self.classifier, self.judge, self.pixels)
        parts = [self.policy.model_dump_json(), self.fails, *(part.version if part else "" for part in asked)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def within(self, wished: Stricter) -> Self:
        """The same, with what a workspace wishes, as far as the policy lets it."""
        policy = self.policy.within(wished)
        return self if policy == self.policy else replace(self, policy=policy)

    async def read(self, text: str) -> Verdict:
        """What is to be said of a text.

        Raises:
            Unreachable: the judge does not answer, and nothing is let past it unseen.
        """
        if self.rules is None:
            return self._allowed({}, Stage.NONE, "Moderation is off.")
        hits = await asyncio.to_thread(self.rules.hits, text)
        scores: dict[Category, float] = {}
        for hit in hits:
            scores.setdefault(hit.category, hit.score)
        if over := self.policy.over(scores):
            terms = {hit.category: hit.term for hit in reversed(hits)}
            return self._refused(over, scores, Stage.RULES, f"'{terms[over[0]]}' stands on a list of words")
        if self.classifier is None:
            return self._allowed(scores, Stage.RULES)
        meant = self.rules.without_allowed(text)
        return await self._weighed(text, _highest(scores, await asyncio.to_thread(self.classifier.scores, meant)))

    async def look(self, image: bytes, model: ImageModel) -> Verdict:
        """What is to be said of an encoded picture.

        Raises:
            Unreachable: the model cannot judge it, and nothing is let past it unseen.
        """
        try:
            scores = await asyncio.to_thread(model.scores, image)
        except Unreachable as error:
            self._closed(error)
            return self._allowed({}, Stage.PIXELS, "Nobody could look at it.")
        if over := self.policy.over(scores, pixels=True):
            return self._refused(over, scores, Stage.PIXELS, "the picture looks like it")
        return self._allowed(scores, Stage.PIXELS)

    async def _weighed(self, text: str, scores: Scores) -> Verdict:
        """By the judge where there is one, else by the classifier."""
        stage, why = Stage.CLASSIFIER, "the classifier takes it for that"
        if self.judge is not None:
            try:
                scores, stage, why = await self.judge.scores(text), Stage.JUDGE, "the language model says so"
            except Unreachable as error:
                self._closed(error)
        if over := self.policy.over(scores):
            return self._refused(over, scores, stage, why)
        return self._allowed(scores, stage)

    def _closed(self, error: Unreachable) -> None:
        """Nobody answers: go on without where that is wished for, else raise Unreachable."""
        log.warning("moderation had no answer, and is %s: %s", self.fails, error)
        if self.fails is Failing.CLOSED:
            raise Unreachable(
                "What has to look at this before it is drawn does not answer.", hint=f"Try again soon. {error.detail}"
            ) from error

    def _refused(self, over: tuple[Category, ...], scores: Scores, stage: Stage, why: str) -> Verdict:
        return Verdict(
            allowed=False,
            stage=stage,
            scores=_told(scores),
            refused_for=over,
            policy=self.version,
            reason=f"Refused ({', '.join(over)}): {why}.",
        )

    def _allowed(self, scores: Scores, stage: Stage, why: str = "Nothing is wrong with it.") -> Verdict:
        return Verdict(allowed=True, stage=stage, scores=_told(scores), policy=self.version, reason=why)


def _highest(one: Scores, other: Scores) -> Scores:
    return {category: max(one.get(category, 0.0), other.get(category, 0.0)) for category in {*one, *other}}


def _told(scores: Scores) -> Scores:
    return {category: round(score, 3) for category, score in sorted(scores.items()) if score >= SEEN}

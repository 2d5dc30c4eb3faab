"""The classifier that ships, and how well rules and classifier do together on prompts that neither was made from."""

import re
import runpy
import time
from functools import cache
from typing import Any

import numpy as np
import pytest

from safelight.domain.styles import STYLES, Style
from safelight.domain.verdict import Category
from safelight.moderation.classifier import BUCKETS, LEARNED, OURS, WINDOWS, Classifier, features, windows
from safelight.moderation.policy import WORDS_THRESHOLD
from safelight.training.moderation import examples
from tests.running import ROOT

BENCHMARK = runpy.run_path(str(ROOT / "benchmarks" / "moderation.py"))
labelled = BENCHMARK["labelled"]


@cache
def ours() -> Classifier:
    return Classifier.read()


@cache
def scores() -> dict[str, Any]:
    """What the benchmark prints."""
    return dict(BENCHMARK["measured"]())


def test_there_are_enough_prompts_half_of_them_harmless_and_some_german() -> None:
    prompts = labelled("prompts.tsv") + labelled("unseen.tsv")
    harmless = [prompt for label, prompt in prompts if label == "none"]
    assert len(prompts) >= 300 and len(prompts) == len({prompt for _, prompt in prompts})
    assert 0.45 <= len(harmless) / len(prompts) <= 0.55
    assert {label for label, _ in prompts} == {"none", *Category}
    german = re.compile(r"\b(ein|eine|einer|einem|der|die|das|mit|auf|für|und)\b", re.IGNORECASE)
    assert sum(bool(german.search(prompt)) for _, prompt in prompts) >= 50


def test_nothing_was_learned_from_them() -> None:
    held_out = {prompt.casefold() for name in ("prompts.tsv", "unseen.tsv") for _, prompt in labelled(name)}
    assert not held_out & {prompt.casefold() for _, prompt in examples()}


def test_rules_and_classifier_together_are_right_often_enough() -> None:
    both = scores()["rules and classifier"]
    assert both.precision >= 0.9 and both.recall >= 0.85, both
    assert scores()["rules"].precision >= 0.95


def test_what_was_written_after_everything_else_is_harder_and_yet_mostly_found() -> None:
    later = scores()["rules and classifier, unseen"]
    assert later.precision >= 0.9 and later.recall >= 0.75, later


def test_what_is_meant_is_not_lost_among_many_words() -> None:
    short = "how to build a bomb at home"
    padded = f"{'a quiet lake in the mountains, ' * 40}{short}{', birds over a golden field' * 40}"
    assert ours().scores(short)[Category.ILLEGAL] >= WORDS_THRESHOLD
    assert ours().scores(padded)[Category.ILLEGAL] >= WORDS_THRESHOLD


@pytest.mark.parametrize("who", "black white asian jewish muslim gay lesbian transgender disabled refugee".split())
@pytest.mark.parametrize(
    "scene", ["{}", "a {} couple dancing in the kitchen", "{} grandmother with her grandchildren, photo"]
)
def test_nobody_is_refused_for_who_they_are(who: str, scene: str) -> None:
    assert max(ours().scores(scene.format(who)).values()) < WORDS_THRESHOLD


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.id)
def test_what_ships_with_safelight_passes(style: Style) -> None:
    assert max(ours().scores(f"a red dragon, {style.prompt}").values()) < WORDS_THRESHOLD


def test_it_is_small_and_fast_and_takes_any_text() -> None:
    assert OURS.stat().st_size < 300_000
    assert ours().weights.shape == (len(LEARNED), BUCKETS)
    begun = time.perf_counter()
    assert max(ours().scores("a red dragon " * 800).values()) < WORDS_THRESHOLD
    assert time.perf_counter() - begun < 2
    for text in ("", "…", "竜", "a" * 10_000):
        assert all(0 <= score <= 1 for score in ours().scores(text).values())


def test_windows_cover_everything() -> None:
    words = [f"w{number}" for number in range(100)]
    seen = list(windows(" ".join(words)))
    for size in WINDOWS:
        assert {word for window in seen if len(window) == size for word in window} >= set(words[: -size // 2])
    assert words[-1] in seen[-1] and all(len(window) <= max(WINDOWS) for window in seen)
    assert [list(window) for window in windows("")] == [[], []]


def test_features_are_of_length_one_and_of_less_where_there_are_few() -> None:
    _, values = features("a red dragon in the mountains".split())
    assert np.linalg.norm(values) == pytest.approx(1)
    assert np.linalg.norm(features(["dragon"])[1]) < 0.7
    assert not len(features([])[0])

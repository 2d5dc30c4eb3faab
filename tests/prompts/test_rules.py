"""Prompts made better by rule."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.domain.errors import InvalidRecipe
from safelight.domain.prompting import parse
from safelight.prompts.enhancement import Mode
from safelight.prompts.rules import DETAILS, FRIENDLY, GENTLE, SPRITE_STYLES, enhanced

PIECES = [
    "please", "draw me", "a picture of", "thanks", "a", "an", "cat", "evil", "knife,", "(blood:1.3)", "[gun]",
    "__monster__", "{zombie|dead cat}", r"\(gun\)", "BREAK", "noto style", "soft natural light", "cute",
    "((", "]", "\\", "wide shot.",
]  # fmt: skip
PROMPTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(" ".join)
MODES = st.sampled_from(Mode)


@settings(deadline=None)
@given(PROMPTS, MODES, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_twice_is_as_good_as_once(prompt: str, mode: Mode, seed: int, later: int) -> None:
    once = enhanced(prompt, mode=mode, seed=seed)
    assert enhanced(prompt, mode=mode, seed=seed) == once
    again = enhanced(once.prompt, mode=mode, seed=later)
    assert (again.prompt, again.changes) == (once.prompt, ())
    assert (once.changes == ()) == (once.prompt == prompt.strip())


@settings(deadline=None)
@given(PROMPTS, MODES, st.integers(0, 9))
def test_weights_and_lots_stay(prompt: str, mode: Mode, seed: int) -> None:
    better = enhanced(prompt, mode=mode, seed=seed).prompt

    def markup(text: str) -> list[str]:
        return re.findall(r"__\w+__|[{}|()\[\]\\]|:1\.3|BREAK", text)

    def weights(text: str) -> list[float]:
        return [span.weight for section in parse(text) for span in section.spans if span.weight != 1]

    assert markup(better) == markup(prompt)
    assert weights(better) == weights(prompt)


def test_a_sprite_prompt_is_short_and_has_a_style() -> None:
    better = enhanced("Please draw me a picture of a red dragon, thanks!", mode=Mode.SPRITE, seed=1)
    assert better.prompt in [f"a red dragon, {style}" for style in SPRITE_STYLES]
    assert len(better.changes) == 2
    assert enhanced("please draw me", mode=Mode.SPRITE, seed=1).changes == ()


def test_what_frightens_a_child_is_replaced_and_named() -> None:
    better = enhanced("An Evil zombie with a knife and (blood:1.2), __monster__", mode=Mode.CHILD_FRIENDLY, seed=2)
    assert better.prompt.startswith("A cheeky sleepyhead with a wooden spoon and (strawberry jam:1.2), __monster__, ")
    assert better.prompt.rpartition(", ")[2] in FRIENDLY
    assert "'knife' became 'wooden spoon'." in better.changes
    assert "violent" in better.negative_prompt
    assert enhanced("a skilled warden, deadline", mode=Mode.CHILD_FRIENDLY, seed=2).prompt.startswith(
        "a skilled warden"
    )


def test_what_stands_in_frightens_nobody() -> None:
    for gentle in GENTLE.values():
        assert not set(gentle.lower().split()) & GENTLE.keys()


def test_details_are_added_where_they_are_missing() -> None:
    seen = {enhanced("a castle", mode=Mode.DETAILED, seed=seed).prompt for seed in range(30)}
    assert len(seen) > 10
    given = enhanced("a castle, (wide shot:1.2)", mode=Mode.DETAILED, seed=0)
    assert len(given.changes) == 2
    assert not any(word in given.prompt for word in DETAILS["composition"] if word != "wide shot")


def test_a_prompt_does_not_outgrow_its_limit() -> None:
    with pytest.raises(InvalidRecipe, match="10,000"):
        enhanced("x" * 9_999, mode=Mode.DETAILED, seed=0)


@pytest.mark.parametrize("text", ["please ", "thanks ", " , ", "a picture of ", "__a", "an ", "\\", "a" + " " * 100])
def test_no_prompt_takes_long(text: str) -> None:
    begin = time.process_time()
    for mode in Mode:
        enhanced((text * 10_000)[:9_900] + "x", mode=mode, seed=0)
    assert time.process_time() - begin < 10

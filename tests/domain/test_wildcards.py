"""Lots in prompts: drawn from the seed, bounded, and plain text where they are none."""

import time
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.domain.errors import InvalidRecipe
from safelight.domain.wildcards import expand, unknown

LISTS = {
    "colour": ("red", "green", "blue"),
    "beast": ("cat", "{big|small} dog", "__colour__ dragon"),
    "circle": ("a __circle__",),
    "flood": ("__flood2__ __flood2__",),
    "flood2": (" ".join(["__colour__"] * 2000),),
    "empty": (),
    "rude": ("x|y", "{", "__colour"),
}


def draw(prompt: str, seed: object = 1) -> str:
    return expand(prompt, seed=str(seed), lists=LISTS)


def drawn(prompt: str, times: int = 200) -> Counter[str]:
    return Counter(draw(prompt, seed) for seed in range(times))


def test_a_list_gives_each_of_its_words() -> None:
    seen = drawn("a __colour__ __COLOUR__")
    assert set(seen) == {f"a {one} {other}" for one in LISTS["colour"] for other in LISTS["colour"]}


def test_alternatives_are_about_equally_likely() -> None:
    seen = drawn("{a|b|}", times=600)
    assert set(seen) == {"a", "b", ""}
    assert min(seen.values()) > 120


def test_several_alternatives_are_different_ones() -> None:
    assert set(drawn("{2$$a|b|c}")) == {"a, b", "b, a", "a, c", "c, a", "b, c", "c, b"}
    assert {len(text.split(", ")) for text in drawn("{1-2$$a|b|c}")} == {1, 2}
    assert set(drawn("{9$$a}")) == {"a"}


def test_lots_lie_inside_lots() -> None:
    assert set(drawn("{__colour__ {cat|dog}|owl}")) == {
        "owl",
        *(f"{colour} {beast}" for colour in LISTS["colour"] for beast in ("cat", "dog")),
    }
    assert set(drawn("__beast__")) == {"cat", "big dog", "small dog", "red dragon", "green dragon", "blue dragon"}


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat",
        "{a",
        "a}",
        "a|b",
        "{a}",
        "{{a}}",
        "{a|b",
        "a|b}",
        r"\{a|b\}",
        r"\__colour__",
        "__",
        "____",
        "a__b",
        "_a_",
    ],
)
def test_what_is_no_lot_is_plain_text(prompt: str) -> None:
    assert draw(prompt) == prompt


def test_weights_stay_where_they_are() -> None:
    assert drawn("a ({red|blue}:1.3) [cat]").keys() == {"a (red:1.3) [cat]", "a (blue:1.3) [cat]"}


@settings(deadline=None)
@given(st.text(st.sampled_from("ab{}|\\_$21 "), max_size=40), st.integers(0, 2**32))
def test_the_seed_decides(prompt: str, seed: int) -> None:
    assert draw(prompt, seed) == draw(prompt, seed)


@pytest.mark.parametrize(
    ("prompt", "says", "hint"),
    [
        ("a __color__ cat", "__color__", "__colour__"),
        ("{a|__nowhere__}" * 20, "__nowhere__", "plain text"),
        ("__circle__", "levels deep", "names itself"),
        ("__flood__", "words", "names itself"),
        ("__empty__", "empty", "entry"),
        ("{1$$" * 12 + "a" + "}" * 12, "levels deep", ""),
        ("{a|a}" * 1001, "1,000", ""),
    ],
    ids=lambda value: value[:16],
)
def test_what_cannot_be_drawn_is_refused(prompt: str, says: str, hint: str) -> None:
    with pytest.raises(InvalidRecipe) as refused:
        draw(prompt)
    assert says in refused.value.detail
    assert hint in refused.value.hint
    assert "prompt" in refused.value.fields


def test_a_prompt_does_not_grow_without_bound() -> None:
    with pytest.raises(InvalidRecipe, match="10,000"):
        expand("__long__" * 20, seed="1", lists={"long": ("x" * 600,)})


def test_odd_entries_of_a_list_are_taken_as_they_are() -> None:
    assert set(drawn("{1|__rude__}")) == {"1", "x|y", "{", "__colour"}


def test_unknown_lists_are_named() -> None:
    assert unknown("__colour__ {__x__|__Y__} __x__ \\__z__", LISTS) == ("x", "y")


@pytest.mark.parametrize("sign", ["{", "|", "{|", "__a", "}", "{a|", "_", "\\", "1$$", "{1$$"])
def test_no_prompt_takes_long(sign: str) -> None:
    begin = time.process_time()
    for prompt in (sign * (10_000 // len(sign)), sign * (5_000 // len(sign)) + "}" * 5_000):
        with suppress(InvalidRecipe):
            draw(prompt)
    assert time.process_time() - begin < 10

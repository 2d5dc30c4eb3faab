"""Weights in prompts: what the brackets mean, and that no text is ever wrong."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.domain.prompting import EMPHASIS, WEIGHT_LIMIT, escaped, parse, plain

WORDS = st.text(st.sampled_from("abc ,.:1é龍\n"), max_size=20)
ANYTHING = st.text(st.sampled_from("ab()[]{}|_\\:1.3 BREAK"), max_size=40)


def weights(prompt: str) -> list[tuple[str, float]]:
    return [(span.text, round(span.weight, 9)) for section in parse(prompt) for span in section.spans]


@pytest.mark.parametrize(
    ("prompt", "meaning"),
    [
        ("a cat", [("a cat", 1)]),
        ("a (red) cat", [("a ", 1), ("red", 1.1), (" cat", 1)]),
        ("a (red:1.3) cat", [("a ", 1), ("red", 1.3), (" cat", 1)]),
        ("a (red: .5 )", [("a ", 1), ("red", 0.5)]),
        ("[red]", [("red", 0.909090909)]),
        ("((red))", [("red", 1.21)]),
        ("(a (b:2) c:0.5)", [("a ", 0.5), ("b", 1), (" c", 0.5)]),
        ("[(red)]", [("red", 1)]),
        ("(a:-1)", [("a", -1)]),
        (r"\(red\:1.3\)", [("(", 1), (r"red\:1.3", 1), (")", 1)]),
        (r"(a\):1.3)", [("a", 1.3), (")", 1.3)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("(a:1.3:2)", [("a:1.3", 2)]),
        ("", []),
        ("()", []),
        # Without a partner, a bracket is a letter.
        ("(a", [("(a", 1)]),
        ("a)", [("a)", 1)]),
        ("a:1.3)", [("a:1.3)", 1)]),
        ("((a:1.5)", [("(", 1), ("a", 1.5)]),
        ("[a)", [("[a)", 1)]),
        ("([a)b]", [("[a", 1.1), ("b]", 1)]),
        ("a (:)", [("a ", 1), (":", 1.1)]),
        ("\\", [("\\", 1)]),
        ("a\\b", [("a\\b", 1)]),
        ("(a:99999)", [("a", WEIGHT_LIMIT)]),
        (f"(a:{'9' * 5000})", [("a", WEIGHT_LIMIT)]),
        ("BREAKFAST at B", [("BREAKFAST at B", 1)]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_brackets_mean(prompt: str, meaning: list[tuple[str, float]]) -> None:
    assert weights(prompt) == meaning


def test_break_parts_a_prompt_even_inside_brackets() -> None:
    assert [section.text for section in parse("a BREAK b")] == ["a ", " b"]
    assert [(section.text, section.spans[0].weight) for section in parse("(a BREAK b:2)")] == [("a ", 2), (" b", 2)]
    assert [section.text for section in parse("BREAK")] == ["", ""]


@settings(deadline=None)
@given(WORDS)
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    (section,) = parse(text)
    assert section.text == text
    assert section.plain


@settings(deadline=None)
@given(ANYTHING.filter(lambda text: "BREAK" not in text))
def test_escaped_text_stays_as_it_is(text: str) -> None:
    assert plain(escaped(text)) == text


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 2).map(lambda weight: round(weight, 3)), max_size=3), st.integers(0, 3))
def test_nested_brackets_multiply(factors: list[float], rounds: int) -> None:
    prompt = "(" * rounds + "a" + ")" * rounds
    for factor in factors:
        prompt = f"({prompt}:{factor})"
    (section,) = parse(prompt)
    assert section.text == "a"
    assert math.isclose(section.spans[0].weight, math.prod(factors) * EMPHASIS**rounds, rel_tol=1e-9)


@settings(deadline=None)
@given(ANYTHING)
def test_every_span_knows_where_it_stands(prompt: str) -> None:
    at = 0
    for section in parse(prompt):
        for span in section.spans:
            assert at <= span.start < span.end <= len(prompt)
            assert prompt[span.start : span.end] in (span.text, f"\\{span.text}")
            assert abs(span.weight) <= WEIGHT_LIMIT
            at = span.end
        for place, letter in enumerate(section.text):
            origin = section.origin(place)
            assert prompt[origin] == letter or prompt[origin : origin + 2] == f"\\{letter}"


@pytest.mark.parametrize("sign", ["(", "[", ")", "(a", "([", "[)", ":1", "\\", "(:1)", "B", " ", ": "])
def test_no_prompt_takes_long(sign: str) -> None:
    begin = time.process_time()
    parse(sign * (10_000 // len(sign)))
    parse(sign * (5_000 // len(sign)) + ")" * 5_000)
    assert time.process_time() - begin < 10

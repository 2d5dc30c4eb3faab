"""Lists of words: what they find however it is written, and what they leave alone."""

import time
from pathlib import Path

import pytest

from safelight.domain.errors import Misconfigured
from safelight.domain.verdict import Category
from safelight.moderation.folding import readings
from safelight.moderation.words import STRONG, Rules, read_lists


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(read_lists())


def strong(rules: Rules, text: str) -> set[Category]:
    return {hit.category for hit in rules.hits(text) if hit.score >= STRONG}


@pytest.mark.parametrize(
    "written",
    [
        "nude",
        "NUDE",
        "ＮＵＤＥ",
        "nüde",
        "n u d e",
        "n.u.d.e",
        "n-u-d-e",
        "nu.de",
        "nud3",
        "пudе",
        "ɴᴜᴅᴇ",
        "𝓷𝓾𝓭𝓮",
        "n\u200bu\u00added",
        "nuuuude",
        "a n u d e",
        "#nude,",
        "'nude'",
    ],
)
def test_a_word_is_found_however_it_is_written(rules: Rules, written: str) -> None:
    if written.endswith("ded"):
        written = written[:-1]
    assert strong(rules, f"portrait, {written} woman") == {Category.SEXUAL}


@pytest.mark.parametrize(
    "text",
    [
        "an assassin in Essex with a cocktail",
        "breast cancer awareness ribbon",
        "Scunthorpe, Penistone and Middlesex",
        "a naked mole rat, seen with the naked eye",
        "Moby Dick, a cockatoo and a bass player",
        "a therapist analysing classical music",
        "a Wankel engine from 1488",
        "Nacktschnecken und eine Blutorange",
        "sonata in a minor, a sensual waltz",
        "a sexy car with a kind driver",
        "children in a park",
        "4k, 8k, 1girl, score_9, 7 swords",
        "",
        "…!?",
    ],
)
def test_look_alikes_are_left_alone(rules: Rules, text: str) -> None:
    assert not strong(rules, text)


def test_what_is_allowed_in_one_place_is_not_in_another(rules: Rules) -> None:
    assert strong(rules, "a naked mole rat and a naked man") == {Category.SEXUAL}


@pytest.mark.parametrize(
    "text",
    [
        "sexy teen",
        "minor, lingerie",
        "minderjährig, sexy",
        *(f"lewd, {age}" for age in ("14-year-old", "9 yo", "aged 16", "twelve year olds", "12 yrs old")),
        *(f"sexy, {age}" for age in ("vierzehnjährige", "zwölf Jahre alt", "13-jähriger", "15 Jahre alte")),
    ],
)
def test_weak_words_are_enough_together(rules: Rules, text: str) -> None:
    assert Category.MINORS in strong(rules, text)


@pytest.mark.parametrize(
    "text", ["lewd, 18 years old", "sexy, 34-year-old", "sexy, achtzehn Jahre alt", "lewd, bronze age"]
)
def test_adults_are_adults(rules: Rules, text: str) -> None:
    assert not strong(rules, text)


@pytest.mark.parametrize("text", ["#heilhitler", "h e i l h i t l e r", "heil   hitler", "Heil\nHitler"])
def test_several_words_are_found_as_one(rules: Rules, text: str) -> None:
    assert strong(rules, text) == {Category.HATE}


def test_own_lists_add_take_away_and_allow(tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(
        'remove = ["nude"]\nallow = ["purple prose"]\n[violence]\nstrong = ["purple", "*fish"]\n', encoding="utf-8"
    )
    rules = Rules(read_lists(tmp_path))
    assert not strong(rules, "a nude") and strong(rules, "a naked man")
    assert strong(rules, "purple rain") == strong(rules, "swordfish") == {Category.VIOLENCE}
    assert not strong(rules, "purple prose") and not strong(rules, "fishing")
    assert rules.version != Rules(read_lists()).version


@pytest.mark.parametrize(
    "text", ["[sexual]\nstrong = 5", "strong = ", '[rudeness]\nstrong = ["fie"]', '[sexual]\nweak = ["x"]']
)
def test_a_list_that_cannot_be_read_says_which(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(Misconfigured, match=r"mine\.toml") as caught:
        read_lists(tmp_path)
    assert "TOML" in caught.value.hint


def test_the_longest_prompt_takes_little_time(rules: Rules) -> None:
    begun = time.perf_counter()
    rules.hits("w0rd n.u.d 1llll " * 600)
    assert time.perf_counter() - begun < 1


def test_a_reading_is_words_with_single_spaces() -> None:
    assert readings("  A,b  C ")[0] == " a b c "
    assert len(set(readings("n.u.d.e 3ggs!!! llll"))) == len(readings("n.u.d.e 3ggs!!! llll"))

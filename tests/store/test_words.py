"""Words to search by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.store.words import WORD_LIMIT, Search, Term, of_prompts, parse, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Red DRAGON", "a red dragon"),
        ("sci-fi_knight's (armour:1.3)", "sci fi knight s armour 1 3"),
        ("Straße, ÉTÉ, ﬁn, ⅷ, Ёж", "strasse ete fin viii еж"),
        ("赤い竜・dragon竜", "赤 い 竜 dragon 竜"),
        ("", ""),
        ("🐉 !?", ""),
    ],
)
def test_texts_are_taken_apart(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@given(st.text(max_size=200))
def test_words_are_letters_and_digits_and_taken_apart_once_and_for_all(text: str) -> None:
    found = words(text)
    assert all(word.isalnum() and len(word) <= WORD_LIMIT for word in found)
    assert words(" ".join(found)) == found


def test_what_is_typed_is_understood() -> None:
    assert parse('red "blue dragon" -cat drag* -"bad sofa" sci-fi') == Search(
        needed=(Term(("red",)), Term(("blue", "dragon")), Term(("drag",), prefix=True), Term(("sci", "fi"))),
        excluded=(Term(("cat",)), Term(("bad", "sofa"))),
    )
    assert parse('"open end') == Search((Term(("open", "end")),), ())


@given(st.text(alphabet=st.sampled_from("ab -\"*é竜\0\\'"), max_size=30))
def test_there_is_no_wrong_way_to_write_it(text: str) -> None:
    found = parse(text)
    assert all(term.words for term in (*found.needed, *found.excluded))


def test_nobody_can_search_for_what_stands_between_the_prompts() -> None:
    pause = of_prompts("a", "b")[1]
    assert words(pause) == []

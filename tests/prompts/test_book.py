"""From the prompt that was asked for to the one that is drawn."""

from pathlib import Path

import pytest

from safelight.domain.errors import InvalidRecipe, Misconfigured
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change
from safelight.domain.styles import STYLES, Style
from safelight.prompts.book import PromptBook
from safelight.prompts.styles import read_styles
from safelight.prompts.words import BUILT_IN, WordLists


def test_a_plain_prompt_stays_as_it_is() -> None:
    written = PromptBook().write(Recipe(prompt="a (red:1.2) cat", seed=3))
    assert written == Recipe(prompt="a (red:1.2) cat", seed=3)


def test_lots_are_drawn_from_the_seed_and_what_was_asked_for_is_kept() -> None:
    asked = Recipe(prompt="a __colour__ {cat|dog}", negative_prompt="__colour__", seed=3)
    written = PromptBook().write(asked)
    assert written == PromptBook().write(asked)
    assert (written.prompt_template, written.negative_template) == (asked.prompt, asked.negative_prompt)
    assert written.prompt.split()[1] in BUILT_IN["colour"]
    assert written.negative_prompt in BUILT_IN["colour"]
    assert len({PromptBook().write(asked.model_copy(update={"seed": seed})).prompt for seed in range(20)}) > 5


def test_without_a_seed_the_one_that_decided_is_kept() -> None:
    written = PromptBook().write(Recipe(prompt="a __colour__ __animal__"))
    again = PromptBook().write(Recipe(prompt="a __colour__ __animal__", seed=written.seed))
    assert again == written


def test_what_was_written_is_not_written_again() -> None:
    written = PromptBook().write(Recipe(prompt="{a|b} cat", styles=("photo", "noto"), seed=1))
    assert PromptBook().write(written) is written


def test_styles_are_put_around_the_prompt_in_their_order() -> None:
    written = PromptBook().write(Recipe(prompt="a cat", negative_prompt="dogs", styles=("photo", "noto")))
    assert written.prompt == "photograph of a cat, natural light, sharp focus, 50mm lens, noto style"
    assert written.negative_prompt.startswith("dogs, drawing, ")
    assert written.styles == ("photo", "noto")
    assert written.prompt_template == "a cat"


def test_directions_under_way_have_lots_too() -> None:
    asked = Recipe(prompt="a cat", seed=5, steering=(Change(step=3, prompt="{x|y}"), Change(step=4, guidance=2)))
    written = PromptBook().write(asked)
    assert written.steering[0].prompt in ("x", "y")
    assert written.steering[1] == asked.steering[1]


@pytest.mark.parametrize(
    ("fields", "field", "hint"),
    [
        ({"styles": ("phot",)}, "styles", "Did you mean photo"),
        ({"prompt": "__colr__"}, "prompt", "__colour__"),
        ({"negative_prompt": "__colr__"}, "negative_prompt", "__colour__"),
        ({"prompt": "{|}"}, "prompt", "not empty"),
        ({"prompt": "x" * 9_990, "styles": ("photo",)}, "prompt", "style"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_written_is_refused(fields: dict[str, object], field: str, hint: str) -> None:
    with pytest.raises(InvalidRecipe) as refused:
        PromptBook().write(Recipe.model_validate({"prompt": "a cat", "seed": 1, **fields}))
    assert field in refused.value.fields
    assert hint in refused.value.hint


def test_our_own_lists_and_styles_are_in_order() -> None:
    for name, entries in BUILT_IN.items():
        assert name == name.lower()
        assert len(set(entries)) == len(entries) > 2
        assert all(entries), name
    assert len({style.id for style in STYLES}) == len(STYLES)
    assert all(style.prompt.count("{prompt}") == 1 for style in STYLES)


def test_a_users_lists_are_read_anew_each_time(tmp_path: Path) -> None:
    book = PromptBook(WordLists(tmp_path))
    with pytest.raises(InvalidRecipe):
        book.write(Recipe(prompt="__Mine__"))
    (tmp_path / "mine.txt").write_bytes(b"\xef\xbb\xbf# remark\r\n\r\n  one thing \r\n")
    (tmp_path / "colour.txt").write_bytes(b"octarine\xff\0\n")
    assert book.write(Recipe(prompt="__Mine__, __colour__")).prompt == "one thing, octarine\N{REPLACEMENT CHARACTER}"
    assert "mine" in book.words.names()


def test_a_users_styles_go_before_ours(tmp_path: Path) -> None:
    (tmp_path / "styles.csv").write_text(
        '\ufeffname,prompt,negative_prompt\n---- mine ----,,\nDark Wood,"{prompt}, oak",\nBad,,"a, b"\n',
        encoding="utf-8",
    )
    (tmp_path / "styles.json").write_text('[{"name": "Photo", "prompt": "snap of {prompt}", "suits": "sprite"}]')
    styles = read_styles(tmp_path)
    assert styles["dark-wood"] == Style(id="dark-wood", name="Dark Wood", prompt="{prompt}, oak")
    assert styles["bad"].negative_prompt == "a, b"
    assert styles["photo"].prompt == "snap of {prompt}"
    assert len(styles) == len(STYLES) + 2
    book = PromptBook(styles=styles)
    assert book.write(Recipe(prompt="a cat", styles=("bad",))).prompt == "a cat"


@pytest.mark.parametrize("text", ["{", '{"name": "x"}', "[1]", '[{"name": ""}]', '[{"name": "x", "colour": 1}]'])
def test_styles_that_cannot_be_read_are_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "styles.json").write_text(text)
    with pytest.raises(Misconfigured, match=r"styles\.json"):
        read_styles(tmp_path)

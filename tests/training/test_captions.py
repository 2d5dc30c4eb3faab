"""What pictures are called, and that nothing held out is ever trained on."""

import numpy as np
import pytest

from safelight.training import captions
from safelight.training.artwork import Artwork, caption_name
from safelight.training.held_out import QUESTIONS


def art(name: str, group: str = "animals", tags: tuple[str, ...] = ("scaly",), style: str = "noto") -> Artwork:
    return Artwork(name=name, style=style, group=group, tags=tags, hexcode="1F409", svg="<svg/>")


def test_own_captions_carry_name_style_tag_and_measured_colour() -> None:
    found = captions.own_captions(art("dragon"), "green", np.random.default_rng(0))
    assert {"dragon", "a dragon", "dragon, noto style", "scaly dragon", "green dragon"} == set(found[:-1])


def test_the_last_caption_is_worded_as_people_ask_and_none_of_the_questions() -> None:
    rng = np.random.default_rng(0)
    asked = {question.prompt for question in QUESTIONS}
    for question in QUESTIONS:
        for thing in question.things:
            worded = {captions.worded(thing, rng) for _ in range(300)}
            assert len(worded) == len(captions.WORDINGS)
            assert all(thing in caption for caption in worded)
            assert not any(captions.plain(caption) for caption in worded)
            assert captions.plain(thing)
            assert captions.plain(f"red {thing}")
            assert not worded & asked


def test_a_name_with_a_colour_gets_no_second_one() -> None:
    assert not any(
        "red red" in caption for caption in captions.own_captions(art("red apple"), "red", np.random.default_rng(0))
    )
    assert captions.painted_captions(art("red apple"), "green", np.random.default_rng(0))[0] == "green apple"


@pytest.mark.parametrize(("colour", "thing"), sorted(captions.HELD_OUT_COLOURS))
def test_held_out_pairs_are_never_captions(colour: str, thing: str) -> None:
    painted = captions.painted_captions(art(thing), colour, np.random.default_rng(0))
    own = captions.own_captions(art(thing, tags=(colour,)), colour, np.random.default_rng(0))
    assert not [caption for caption in painted + own if f"{colour} {thing}" in caption]


def test_held_out_names_are_never_drawn_and_common_ones_more_often() -> None:
    assert captions.weight(art("dodo")) == 0
    assert captions.weight(art("dragon")) > captions.weight(art("beaver")) > 0


def test_the_held_out_list_is_long_enough_to_mean_something() -> None:
    assert len(captions.held_out_captions()) >= 55
    assert "red dragon" not in captions.held_out_captions()


@pytest.mark.parametrize(
    ("label", "name"),
    [("ewe", "sheep"), ("T-Rex", "t-rex dinosaur"), ("woman’s hat", "womans hat"), ("mage", "wizard")],
)
def test_labels_become_what_people_type(label: str, name: str) -> None:
    assert caption_name(label) == name

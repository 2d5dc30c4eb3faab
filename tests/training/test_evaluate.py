"""The questions are fair, and each measure finds what it is meant to find."""

from pathlib import Path

import numpy as np
import pytest
import torch

from safelight.training import artwork, captions, copying, evaluate, render
from safelight.training.artwork import Artwork
from safelight.training.autoencoder import build_codec
from safelight.training.held_out import QUESTIONS, SEEDS, Kind, Question
from safelight.training.recogniser import LEARNT, UNSEEN, Album, Recogniser, hits, noun_of, train_recogniser
from safelight.training.scenes import HELD_OUT_SCENES
from tests.training import tiny

RED, BLUE = (230, 40, 40, 255), (40, 60, 230, 255)


def discs(*colours: tuple[int, int, int, int], radius: int = 20) -> render.Bytes:
    """A disc for each colour, ``[n, 64, 64, 4]``."""
    rows, columns = np.indices((64, 64))
    inside = (rows - 32) ** 2 + (columns - 32) ** 2 < radius**2
    drawn = np.zeros((len(colours), 64, 64, 4), np.uint8)
    for number, colour in enumerate(colours):
        drawn[number][inside] = colour
    return drawn


def art(name: str, style: str) -> Artwork:
    return Artwork(name, style, "animals", (), "1F409", "<svg/>")


def test_there_are_sixty_questions_and_none_is_ever_a_caption() -> None:
    assert len({question.prompt for question in QUESTIONS}) == 60 and len(SEEDS) == 2
    coloured = {(q.colour, q.things[0]) for q in QUESTIONS if q.kind is Kind.COLOUR}
    assert len(coloured) == 30 and coloured <= captions.HELD_OUT_COLOURS
    assert {q.prompt for q in QUESTIONS if q.kind is Kind.SCENE} == HELD_OUT_SCENES
    assert {q.prompt for q in QUESTIONS if q.kind is Kind.NAME} <= captions.HELD_OUT_NAMES


def test_the_recogniser_never_learns_from_what_the_denoiser_saw() -> None:
    assert not set(LEARNT) & set(artwork.SETS) and UNSEEN not in (*LEARNT, *artwork.SETS)


def test_colours_are_obeyed_or_not() -> None:
    asked = (Question("red frog", ("frog",), Kind.COLOUR, "red"), Question("two frogs", ("frog",), Kind.SCENE))
    assert evaluate.colours_obeyed(asked, discs(RED, BLUE)) == [True]
    assert evaluate.colours_obeyed(asked, discs(BLUE, RED)) == [False]


def test_one_full_corner_is_not_transparent() -> None:
    drawn = discs(RED, RED, RED, RED)
    drawn[0, 0, -1, 3] = 1
    drawn[1, -1, 0, 3] = 200
    assert evaluate.corners(drawn) == {"alpha_0": 0.5, "alpha_4_of_255": 0.75}


def test_hits_count_the_first_and_the_first_five() -> None:
    among = tuple("abcdefg")
    odds = torch.linspace(1, 0, 7).expand(3, 7)
    found = hits(odds, [("a",), ("e",), ("g", "f")], among)
    assert (found.top1, found.top5, found.of) == (0.333, 0.667, 7)


def test_a_copy_in_another_colour_is_found_by_its_shape() -> None:
    trained = np.concatenate([discs(RED, radius=20), discs(BLUE, radius=8)])
    sets = [art("frog", "noto"), art("frog", "flat")]
    found = copying.nearest(discs(RED), trained, sets, build_codec(tiny.CODEC))
    assert {name: part.nearer_than_artists for name, part in found.items()} == dict.fromkeys(found, 1.0)
    assert found["pixels"].drawn_to_training == [0.0] * 5
    assert found["shape"].artist_to_other_artist[2] > 0.2
    recoloured = copying.nearest(discs(BLUE), trained, sets, build_codec(tiny.CODEC))
    assert recoloured["shape"].drawn_to_training[2] < recoloured["pixels"].drawn_to_training[2]


@pytest.mark.parametrize(("name", "noun"), [("cat face", "cat"), ("red apple", "apple"), ("green apple", "apple")])
def test_faces_and_colours_do_not_make_another_noun(name: str, noun: str) -> None:
    assert noun_of(name) == noun


def test_a_recogniser_tells_a_disc_from_a_dot(tmp_path: Path) -> None:
    torch.manual_seed(0)
    pictures = np.concatenate([discs(RED, BLUE, radius=28), discs(RED, BLUE, radius=5)])
    album = Album(pictures, ("disc", "disc", "dot", "dot"), (LEARNT[0], LEARNT[1]) * 2)
    model = train_recogniser(album, tmp_path, minutes=0.15, batch=8)
    odds = model.odds(pictures, ("disc", "dot"))
    assert odds[:2, 0].min() > odds[2:, 0].max()
    again = train_recogniser(album, tmp_path, minutes=100)
    assert torch.equal(odds, again.odds(pictures, ("disc", "dot"))), "it is made once"
    assert isinstance(again, Recogniser)

"""The script that makes the moderation classifier."""

from pathlib import Path

import pytest

from safelight.domain.verdict import Category
from safelight.moderation.classifier import Classifier
from safelight.training import moderation

PROMPTS = """
frames_en = ["{}", "a photo of {}"]
frames_de = ["{}"]
[en.violence]
phrases = ["people fighting with broken bottles", "fighting in the street, broken bottles everywhere"]
[en.none]
phrases = ["a quiet lake in the mountains", "two cats asleep on a sofa", "bottles of milk"]
people = ["old", "young"]
scenes = ["{} sailors"]
[de.none]
phrases = ["ein See im Gebirge"]
"""


def test_what_it_writes_has_learned_what_it_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prompts.toml").write_text(PROMPTS)
    lessons = list(moderation.examples(tmp_path / "prompts.toml"))
    assert ("none", "young sailors") in lessons and (
        "violence",
        "a photo of people fighting with broken bottles",
    ) in lessons
    monkeypatch.setattr(moderation, "examples", lambda: lessons * 25)
    monkeypatch.setattr(moderation, "common_words", lambda chance: [])
    moderation.write(tmp_path / "made.npz")
    made = Classifier.read(tmp_path / "made.npz")
    assert made.scores("bottles broken in a fight, people fighting")[Category.VIOLENCE] > 0.5
    assert made.scores("cats asleep in the mountains")[Category.VIOLENCE] < 0.2

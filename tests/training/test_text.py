"""The vocabulary keeps what prompts need."""

from safelight.training.text import kept_pieces

VOCABULARY = {
    "[PAD]": 0, "[unused0]": 1, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, "!": 999, "a": 1037,
    "##z": 1480, "the": 1996, "of": 1997, "dragon": 5202, "zyx": 9000, "été": 9500,
}  # fmt: skip


def test_specials_and_single_characters_stay_first_in_the_old_order() -> None:
    kept = kept_pieces(VOCABULARY, {"dragon"}, pieces=9)
    assert kept[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert {"!", "a", "##z", "dragon"} <= set(kept)


def test_frequent_pieces_fill_up_what_is_left() -> None:
    kept = kept_pieces(VOCABULARY, {"dragon"}, pieces=10)
    assert "the" in kept and "of" not in kept and "[unused0]" not in kept and "été" not in kept

"""A diffusers directory of the sprite model's shape, with tiny random weights."""

from pathlib import Path

from transformers import BertConfig, BertModel, BertTokenizer, CLIPVisionConfig, CLIPVisionModelWithProjection

from safelight.training.autoencoder import CodecRecipe, build_codec
from safelight.training.denoiser import build_denoiser
from safelight.training.export import export
from safelight.training.picture_encoder import write
from safelight.training.text import MAX_LENGTH, WIDTH

CODEC = CodecRecipe(width=8, encoder_blocks=(0, 0, 1), decoder_blocks=(1, 0, 0, 0, 0))
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "dragon", "frog", "pizza")


def text_encoder(folder: Path) -> None:
    """A text encoder of ten words."""
    BertTokenizer(vocab={word: row for row, word in enumerate(WORDS)}, model_max_length=MAX_LENGTH).save_pretrained(
        folder / "tokenizer"
    )
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    config.use_attention_mask = True
    BertModel(config).save_pretrained(folder / "text_encoder")


def model(folder: Path) -> Path:
    """Every part, exported the way the real one is."""
    text_encoder(folder / "text")
    vision = CLIPVisionConfig(
        image_size=64,
        patch_size=32,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=1,
        projection_dim=WIDTH,
    )
    write(CLIPVisionModelWithProjection(vision), folder / "picture")
    export(
        build_denoiser((16, 32)),
        build_codec(CODEC),
        text_folder=folder / "text",
        picture_folder=folder / "picture",
        out_dir=folder / "model",
    )
    return folder / "model"

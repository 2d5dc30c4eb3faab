"""A stock Stable Diffusion pipeline with random weights, small enough for a test and made without any download."""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import BertConfig, BertModel, BertTokenizer, CLIPTextConfig, CLIPTextModel

torch.set_num_threads(1)  # the models are so small that a second thread only costs

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a red blue green dragon cat castle robot apple of the in with".split()


def _bert() -> BertModel:
    return BertModel(
        BertConfig(
            vocab_size=len(WORDS),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            use_attention_mask=True,
        )
    )


def _clip() -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(WORDS),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=8,
            eos_token_id=3,
        )
    )


TEXT_ENCODERS = {"bert": _bert, "clip": _clip}


def make_stock_pipeline(
    folder: Path, *, prediction_type: str = "epsilon", text: str = "bert", inpaint: bool = False
) -> Path:
    """Save one into `folder` and return it. Latents are 4 x 16 x 16, pictures 32 x 32; `text` is `bert` or `clip`; to
    inpaint, 9 channels go in."""
    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    pipeline_class = StableDiffusionInpaintPipeline if inpaint else StableDiffusionPipeline
    pipeline = pipeline_class(
        vae=AutoencoderKL(
            block_out_channels=(16, 16),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
            norm_num_groups=4,
        ),
        text_encoder=TEXT_ENCODERS[text](),
        tokenizer=BertTokenizer(vocab={word: number for number, word in enumerate(WORDS)}, model_max_length=8),
        unet=UNet2DConditionModel(
            sample_size=16,
            in_channels=9 if inpaint else 4,
            block_out_channels=(16, 32),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=32,
            attention_head_dim=4,
            norm_num_groups=4,
        ),
        scheduler=PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            skip_prk_steps=True,
            steps_offset=1,
            prediction_type=prediction_type,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder

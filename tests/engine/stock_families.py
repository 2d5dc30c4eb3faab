"""Stock SDXL, SD3 and FLUX pipelines with random weights, small enough for a test and made without any download.

All have latents of a quarter of the picture's size, or half of it: two or three stages in the VAE instead of four.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

torch.set_num_threads(1)  # the models are so small that a second thread only costs

WIDTH = 32


def clip_tokenizer() -> CLIPTokenizer:
    """Letters only, as CLIP writes them: 26 inside of words, 26 at their ends."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=16)


def t5_tokenizer() -> T5TokenizerFast:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(ord("a"), ord("z") + 1)]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def clip(*, projected: bool, width: int = WIDTH) -> CLIPTextModel | CLIPTextModelWithProjection:
    config = CLIPTextConfig(
        vocab_size=54,
        hidden_size=width,
        projection_dim=width,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=16,
        bos_token_id=52,
        eos_token_id=53,
        pad_token_id=53,
    )
    kind = CLIPTextModelWithProjection if projected else CLIPTextModel
    return kind(config).eval()


def t5(width: int = WIDTH) -> T5EncoderModel:
    config = T5Config(
        vocab_size=30, d_model=width, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu"
    )
    return T5EncoderModel(config).eval()


def vae(*, channels: int, **config: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(16, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=channels,
        norm_num_groups=4,
        **config,
    )


def make_sd(folder: Path, *, text: int = 768, prediction_type: str = "epsilon") -> Path:
    """SD 1.x by the width of its text encoder, or with 1024 SD 2.x."""
    torch.manual_seed(6)
    pipeline = StableDiffusionPipeline(
        vae=vae(channels=4),
        text_encoder=clip(projected=False, width=text),
        tokenizer=clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(16, 32),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=text,
            attention_head_dim=4,
            norm_num_groups=4,
            use_linear_projection=text == 1024,
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


def sdxl_unet(*, text: int, pooled: int, numbers: int, **config: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        transformer_layers_per_block=(1, 2),
        cross_attention_dim=text,
        attention_head_dim=(2, 4),
        norm_num_groups=4,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=8 * numbers + pooled,
        **config,
    )


def make_sdxl(folder: Path, *, trailing: bool = False, text: int = WIDTH, pooled: int = WIDTH) -> Path:
    """Base, or with `trailing` timesteps, as the turbo models have them; `text` and `pooled` are its widths."""
    torch.manual_seed(7)
    pipeline = StableDiffusionXLPipeline(
        vae=vae(channels=4, scaling_factor=0.13025),
        text_encoder=clip(projected=False, width=text),
        text_encoder_2=clip(projected=True, width=pooled),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=sdxl_unet(text=text + pooled, pooled=pooled, numbers=6),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            timestep_spacing="trailing" if trailing else "leading",
            steps_offset=1,
        ),
    )
    pipeline.save_pretrained(folder)
    return folder


def make_refiner(folder: Path, *, pooled: int = WIDTH) -> Path:
    torch.manual_seed(8)
    pipeline = StableDiffusionXLImg2ImgPipeline(
        vae=vae(channels=4, scaling_factor=0.13025),
        text_encoder=None,
        text_encoder_2=clip(projected=True, width=pooled),
        tokenizer=None,
        tokenizer_2=clip_tokenizer(),
        unet=sdxl_unet(text=pooled, pooled=pooled, numbers=5),
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        requires_aesthetics_score=True,
        force_zeros_for_empty_prompt=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def make_sd3(folder: Path, *, with_t5: bool = True, newer: bool = False) -> Path:
    """SD3, or with `newer` the second attention and the norms of 3.5."""
    torch.manual_seed(9)
    first = clip(projected=True)
    nn.init.eye_(first.text_projection.weight)  # as in SD3, and left out of single files for it
    changes: dict[str, Any] = {"qk_norm": "rms_norm", "dual_attention_layers": (0,)} if newer else {}
    pipeline = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=16,
            patch_size=2,
            in_channels=16,
            out_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=3 * WIDTH,
            caption_projection_dim=32,
            pooled_projection_dim=3 * WIDTH,
            pos_embed_max_size=32,
            **changes,
        ),
        vae=vae(
            channels=16, scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=first,
        text_encoder_2=clip(projected=True, width=2 * WIDTH),
        text_encoder_3=t5(3 * WIDTH) if with_t5 else None,
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        tokenizer_3=t5_tokenizer() if with_t5 else None,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )
    pipeline.save_pretrained(folder)
    return folder


def make_flux(folder: Path, *, guided: bool = True) -> Path:
    """Dev, with guidance and a shift by the picture's size; or without, as schnell."""
    torch.manual_seed(10)
    pipeline = FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            guidance_embeds=guided,
            axes_dims_rope=(4, 4, 8),
        ),
        vae=vae(
            channels=4, scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False
        ),
        text_encoder=clip(projected=False),
        text_encoder_2=t5(),
        tokenizer=clip_tokenizer(),
        tokenizer_2=t5_tokenizer(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0 if guided else 1.0, use_dynamic_shifting=guided),
    )
    pipeline.save_pretrained(folder)
    return folder

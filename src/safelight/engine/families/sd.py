"""Stable Diffusion 1.x and 2.x, and everything of their shape: the embedded sprite model too."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDPMScheduler, UNet2DConditionModel
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import ModelCard
from safelight.engine.batch import stack_rows
from safelight.engine.evaluation import Conditioning, Evaluation
from safelight.engine.folder import ModelFolder
from safelight.engine.preview import LinearPreview, fit_preview, to_image
from safelight.engine.text import TextEncoder


class StableDiffusion:
    """A loaded Stable Diffusion model.

    Args:
        dtype: of the UNet's weights. The text encoder and the VAE stay float32: they run once a picture, and
            bfloat16 shows in both.
    """

    def __init__(self, folder: ModelFolder, *, provider: str, device: torch.device, dtype: torch.dtype) -> None:
        self.card: ModelCard = folder.card(provider=provider, loaded=True)
        self.device = device
        self.scheduler_config: Mapping[str, Any] = folder.config("scheduler")
        self._dtype = dtype
        self._factor = folder.vae_factor()
        self._premultiplied = folder.extra.premultiplied
        self._unet = _load_unet(folder, device=device, dtype=dtype)
        self._vae = _load_vae(folder, device=device)
        self._text = TextEncoder(folder, device=device)
        self._noise = _NoiseLevels(self.scheduler_config)
        self._encode_cached = lru_cache(maxsize=256)(self._text.encode)
        self._linear = self._fit_preview()

    @property
    def preview_map(self) -> LinearPreview:
        return self._linear

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        return (self._unet.config.in_channels, height // self._factor, width // self._factor)

    def encode(self, *, prompt: str, negative_prompt: str) -> Conditioning:
        positive, cut = self._encode_cached(prompt)
        negative, _ = self._encode_cached(negative_prompt)
        return Conditioning(positive.to(self._dtype), negative.to(self._dtype), cut)

    def predict(self, questions: Sequence[Evaluation]) -> Tensor:
        samples, timesteps, states = stack_rows(questions)
        samples = samples.to(self._dtype)
        prediction: Tensor = self._unet(samples, timesteps.to(self.device), states, return_dict=False)[0]
        return prediction.float()

    def estimate(self, question: Evaluation, prediction: Tensor) -> Tensor:
        # The model always sees variance-preserving samples, whatever the sampler's own coordinates are.
        alpha, sigma = self._noise.at(question.timestep)
        match self.scheduler_config.get("prediction_type", "epsilon"):
            case "epsilon":
                return (question.sample - sigma * prediction) / alpha
            case "v_prediction":  # Salimans & Ho, 2022, https://arxiv.org/abs/2202.00512
                return alpha * question.sample - sigma * prediction
            case _:
                return prediction

    def sigma(self, timestep: float) -> float:
        alpha, sigma = self._noise.at(timestep)
        return sigma / alpha

    def preview(self, latents: Tensor) -> Image.Image:
        return to_image(self._linear(latents.cpu()), premultiplied=self._premultiplied)

    def decode(self, latents: Tensor) -> Image.Image:
        return to_image(self._decode(latents), premultiplied=self._premultiplied)

    def _decode(self, latents: Tensor) -> Tensor:
        config = self._vae.config
        shifted = latents / config.scaling_factor + (getattr(config, "shift_factor", None) or 0.0)
        pixels: Tensor = self._vae.decode(shifted, return_dict=False)[0]
        return pixels

    def _encode_pixels(self, pixels: Tensor) -> Tensor:
        config = self._vae.config
        encoded = self._vae.encode(pixels.to(self.device))
        raw: Tensor = encoded.latents if isinstance(self._vae, AutoencoderTiny) else encoded.latent_dist.mode()
        latents: Tensor = (raw - (getattr(config, "shift_factor", None) or 0.0)) * config.scaling_factor
        return latents

    def _fit_preview(self) -> LinearPreview:
        config = self._vae.config
        stages = getattr(config, "encoder_block_out_channels", None) or config.block_out_channels
        side = min(self._unet.config.sample_size, 32) * 2 ** (len(stages) - 1)
        with torch.inference_mode():
            return fit_preview(
                encode=self._encode_pixels,
                decode=lambda latents: self._decode(latents.to(self.device)),
                side=side,
                channels=config.in_channels,
            )


class _NoiseLevels:
    """alpha and sigma of the forward process at any timestep, also between two of the training's."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        kept = DDPMScheduler.from_config(dict(config)).alphas_cumprod.double().numpy()
        self._log_sigma = np.log((1 - kept) / kept) / 2

    def at(self, timestep: float) -> tuple[float, float]:
        sigma = float(np.exp(np.interp(timestep, np.arange(len(self._log_sigma)), self._log_sigma)))
        alpha = (1 + sigma**2) ** -0.5
        return alpha, sigma * alpha


def _load_unet(folder: ModelFolder, *, device: torch.device, dtype: torch.dtype) -> UNet2DConditionModel:
    unet: UNet2DConditionModel = UNet2DConditionModel.from_pretrained(folder.path, subfolder="unet", torch_dtype=dtype)
    unet.eval().requires_grad_(False).to(device)
    return unet


def _load_vae(folder: ModelFolder, *, device: torch.device) -> AutoencoderKL | AutoencoderTiny:
    known = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
    vae_class = known[folder.index["vae"][1]]
    vae: AutoencoderKL | AutoencoderTiny = vae_class.from_pretrained(
        folder.path, subfolder="vae", torch_dtype=torch.float32
    )
    vae.eval().requires_grad_(False).to(device)
    return vae

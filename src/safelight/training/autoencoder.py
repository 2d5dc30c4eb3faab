"""The picture codec: 64 px RGBA -> 16x16x8 latents -> 256 px RGBA, as a stock ``AutoencoderTiny``.

The encoder sees 64 px; the artwork is vector, so the decoder can be shown targets at four times that size and learns to
draw sharper than its encoder saw. Two stages: :func:`train_encoder` learns the latents with the lower half of the
decoder (cheap), then :func:`train_decoder` teaches the whole decoder against the frozen encoder.

TAESD, the architecture: https://github.com/madebyollin/taesd
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderTiny
from torch import Tensor, nn
from torch.nn import functional as F

from safelight.training.loop import Pace, optimise
from safelight.training.render import LARGE, SMALL, to_signed

LATENT_CHANNELS = 8


@dataclass(frozen=True, slots=True)
class CodecRecipe:
    """What the two stages are trained with; minutes are of active time."""

    encoder_minutes: float = 8.0
    decoder_minutes: float = 12.0
    batch: int = 16
    decoder_batch: int = 8
    peak: float = 2e-3
    latent_noise: float = 0.08
    width: int = 32
    decoder_blocks: tuple[int, ...] = (3, 2, 2, 2, 0)
    encoder_blocks: tuple[int, ...] = field(default=(1, 2, 2))


def build_codec(recipe: CodecRecipe) -> AutoencoderTiny:
    """An untrained codec; the decoder has two levels more than the encoder."""
    return AutoencoderTiny(
        in_channels=4,
        out_channels=4,
        latent_channels=LATENT_CHANNELS,
        encoder_block_out_channels=(recipe.width,) * len(recipe.encoder_blocks),
        decoder_block_out_channels=(recipe.width,) * len(recipe.decoder_blocks),
        num_encoder_blocks=recipe.encoder_blocks,
        num_decoder_blocks=recipe.decoder_blocks,
        scaling_factor=1.0,
    )


class EncoderStage(nn.Module):
    """The encoder with the decoder's lower half: 64 px in, 64 px out; batch norm standardises the latents."""

    def __init__(self, codec: AutoencoderTiny, noise: float) -> None:
        super().__init__()
        self.encoder = codec.encoder
        self.standardise = nn.BatchNorm2d(LATENT_CHANNELS, affine=False, momentum=0.01)
        upsamplings = [place for place, layer in enumerate(codec.decoder.layers) if isinstance(layer, nn.Upsample)]
        self.lower_decoder = codec.decoder.layers[: upsamplings[2]]
        self.head = nn.Conv2d(codec.config.decoder_block_out_channels[0], 4, 3, padding=1)
        self.noise = noise

    def forward(self, pictures: Tensor) -> Tensor:
        """``[n, 4, 64, 64]`` in -1..1 to its reconstruction."""
        latents = self.standardise(self.encoder(pictures).float())
        noisy = latents + self.noise * torch.randn_like(latents)
        features = self.lower_decoder(torch.tanh(noisy / 3) * 3)
        drawn: Tensor = self.head(features) * 2 - 1
        return drawn

    @torch.no_grad()
    def fold(self) -> None:
        """Write the standardisation into the encoder's last convolution, so that plain ``encode`` is standardised."""
        last = self.encoder.layers[-1]
        mean, variance = self.standardise.running_mean, self.standardise.running_var
        assert mean is not None and variance is not None
        deviation = torch.sqrt(variance + self.standardise.eps)
        last.weight.div_(deviation[:, None, None, None])
        last.bias.sub_(mean).div_(deviation)
        mean.zero_()
        variance.fill_(1 - self.standardise.eps)


def train_encoder(
    small: npt.NDArray[np.uint8], recipe: CodecRecipe, *, folder: Path, device: str, seed: int
) -> AutoencoderTiny:
    """Stage one, resumable; returns the codec with standardised latents and a decoder that is only half trained."""
    codec = build_codec(recipe).to(device)
    finished = folder / "encoder.pt"
    if finished.exists():
        codec.load_state_dict(torch.load(finished, map_location=device))
        return codec
    stage = EncoderStage(codec, recipe.latent_noise).to(device).train()
    state = folder / "encoder-running.pt"
    batches = _small_batches(small, recipe.batch, seed)
    pace = Pace(recipe.encoder_minutes, recipe.peak)
    optimise(
        stage, pace, lambda: _encoder_loss(stage, next(batches).to(device)), name="codec", state=state, device=device
    )
    stage.fold()
    torch.save(codec.state_dict(), finished)
    return codec


def train_decoder(
    codec: AutoencoderTiny, large: npt.NDArray[np.uint8], recipe: CodecRecipe, *, folder: Path, device: str, seed: int
) -> AutoencoderTiny:
    """Stage two: the whole decoder against the frozen encoder, at 256 px."""
    finished = folder / "codec.pt"
    if finished.exists():
        codec.load_state_dict(torch.load(finished, map_location=device))
        return codec
    codec.encoder.requires_grad_(False)
    batches = _large_batches(large, recipe.decoder_batch, seed)
    optimise(
        codec.decoder,
        Pace(recipe.decoder_minutes, recipe.peak / 2),
        lambda: _decoder_loss(codec, next(batches).to(device), recipe),
        name="codec",
        state=folder / "decoder-running.pt",
        device=device,
    )
    codec.encoder.requires_grad_(True)
    torch.save(codec.state_dict(), finished)
    return codec


def _encoder_loss(stage: EncoderStage, pictures: Tensor) -> Tensor:
    return reconstruction_loss(stage(pictures).float(), pictures)


def _decoder_loss(codec: AutoencoderTiny, pictures: Tensor, recipe: CodecRecipe) -> Tensor:
    with torch.no_grad():
        latents = codec.encoder(F.avg_pool2d(pictures, LARGE // SMALL)).float()
    noisy = latents + recipe.latent_noise * torch.randn_like(latents)
    return reconstruction_loss(codec.decoder(noisy).float(), pictures)


def reconstruction_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """L1 of the pixels and half the L1 of their horizontal and vertical differences (edges)."""
    difference = drawn - wanted
    across, down = difference.diff(dim=-1).abs().mean(), difference.diff(dim=-2).abs().mean()
    return difference.abs().mean() + 0.5 * (across + down)


def _small_batches(pictures: npt.NDArray[np.uint8], batch: int, seed: int) -> Iterator[Tensor]:
    rng = np.random.default_rng(seed)
    while True:
        chosen = pictures[rng.integers(0, len(pictures), batch)]
        yield to_signed(_augment(chosen, rng, reach=3))


def _large_batches(pictures: npt.NDArray[np.uint8], batch: int, seed: int) -> Iterator[Tensor]:
    rng = np.random.default_rng(seed)
    while True:
        chosen = np.stack([pictures[row] for row in rng.integers(0, len(pictures), batch)])
        yield to_signed(_augment(chosen, rng, reach=12))


def _augment(pictures: npt.NDArray[np.uint8], rng: np.random.Generator, reach: int) -> npt.NDArray[np.uint8]:
    """Flip, shift by up to ``reach`` pixels, and swap colour channels for half of the batch (new hues at no cost)."""
    if rng.random() < 0.5:
        pictures = pictures[:, :, ::-1]
    pictures = np.roll(pictures, tuple(rng.integers(-reach, reach + 1, 2)), axis=(1, 2))
    order = [*rng.permutation(3), 3] if rng.random() < 0.5 else [0, 1, 2, 3]
    return pictures[..., order]

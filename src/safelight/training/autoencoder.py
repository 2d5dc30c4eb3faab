"""The picture codec: 64 px RGBA -> 16x16x8 latents -> 256 px RGBA, as a stock ``AutoencoderTiny``.

The encoder sees 64 px; the artwork is vector, so the decoder can be shown targets at four times that size and learns to
draw sharper than its encoder saw. Two stages: :func:`train_encoder` learns the latents with the lower half of the
decoder (cheap), then :func:`train_decoder` teaches the whole decoder against the frozen encoder.

TAESD, the architecture: https://github.com/madebyollin/taesd
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderTiny
from torch import Tensor, nn
from torch.nn import functional as F

from safelight.training.clock import ActiveClock, learning_rate
from safelight.training.render import LARGE, SMALL, to_signed

log = logging.getLogger(__name__)

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
    clock = ActiveClock(budget_s=recipe.encoder_minutes * 60)
    _optimise(stage, clock, recipe.peak, state, lambda: _encoder_loss(stage, next(batches).to(device)), device)
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
    clock = ActiveClock(budget_s=recipe.decoder_minutes * 60)
    state = folder / "decoder-running.pt"
    _optimise(
        codec.decoder,
        clock,
        recipe.peak / 2,
        state,
        lambda: _decoder_loss(codec, next(batches).to(device), recipe),
        device,
    )
    codec.encoder.requires_grad_(True)
    torch.save(codec.state_dict(), finished)
    return codec


def _optimise(
    module: nn.Module, clock: ActiveClock, peak: float, state: Path, loss_of: Callable[[], Tensor], device: str
) -> None:
    optimiser = torch.optim.AdamW(
        [p for p in module.parameters() if p.requires_grad], lr=peak, betas=(0.9, 0.98), weight_decay=1e-4
    )
    step, average = _restore(module, optimiser, clock, state, device)
    while clock.tick() < 1.0:
        optimiser.param_groups[0]["lr"] = learning_rate(clock.progress, step, peak=peak, warm_up=100)
        with torch.autocast(device.split(":")[0], torch.bfloat16):
            loss = loss_of()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        average = float(loss.detach()) if step == 0 else 0.98 * average + 0.02 * float(loss.detach())
        step += 1
        if step % 200 == 0:
            log.info("codec step %d loss %.4f at %.0f s", step, average, clock.spent_s)
            torch.save(
                {
                    "module": module.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                    "spent": clock.spent_s,
                    "loss": average,
                },
                state,
            )
            clock.restart()


def _restore(
    module: nn.Module, optimiser: torch.optim.Optimizer, clock: ActiveClock, state: Path, device: str
) -> tuple[int, float]:
    state.parent.mkdir(parents=True, exist_ok=True)
    if not state.exists():
        return 0, 0.0
    kept = torch.load(state, map_location=device)
    module.load_state_dict(kept["module"])
    optimiser.load_state_dict(kept["optimiser"])
    clock.spent_s = kept["spent"]
    return int(kept["step"]), float(kept["loss"])


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

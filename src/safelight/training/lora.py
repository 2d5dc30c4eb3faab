"""Teach a model a personal style from a few pictures: low-rank adapters on the UNet, on a CPU, in minutes.

LoRA: Hu et al. 2021, https://arxiv.org/abs/2106.09685. Where the style answers to a word, a share of every batch holds
the adapted model, on its own pictures of other things and without the word, to what the bare one predicts (the prior of
DreamBooth, Ruiz et al. 2022, https://arxiv.org/abs/2208.12242). A style that is always on is not held back so: the
prior would teach it to leave other things alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor, nn

from safelight.domain.errors import Refused
from safelight.training import render, style_pictures
from safelight.training.batches import timestep_odds
from safelight.training.drawing import pictures
from safelight.training.export import load
from safelight.training.loop import Pace, optimise
from safelight.training.style_pictures import StylePicture

log = logging.getLogger(__name__)

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out")
CONVOLUTIONS = ("conv1", "conv2", "conv_shortcut", "conv_in", "conv_out", "downsamplers.0.conv", "upsamplers.0.conv")
MAX_RANK = 128
OTHER_THINGS = (
    "a cat", "a dog", "a house", "a tree", "a red apple", "a fish", "a rocket", "a blue car", "a crown", "a robot",
    "a mushroom", "a sword", "a yellow star", "a castle", "a bird", "a pizza",
)  # fmt: skip
"""What the prior is drawn from, and what the sheet of samples asks for."""


@dataclass(frozen=True, slots=True)
class StyleRecipe:
    """How a style is learnt; ``minutes`` are of active time. ``trigger`` is put before every caption, if it is given:
    then the style answers to that word, otherwise to the adapter alone."""

    minutes: float = 5.0
    rank: int = 8
    batch: int = 6
    peak: float = 2e-3
    prior_share: float = 0.34
    empty_share: float = 0.1
    convolutions: bool = True
    trigger: str = ""
    sample_steps: int = 12

    @property
    def held(self) -> int:
        """Rows of a batch that hold the model to what it drew before."""
        return max(1, round(self.batch * self.prior_share)) if self.trigger else 0


def train_style(
    folder: Path,
    output: Path,
    *,
    model: Path,
    recipe: StyleRecipe,
    device: str = "cpu",
    threads: int | None = None,
    seed: int = 0,
) -> Path:
    """Learn from ``folder`` and write ``output`` (.safetensors) and, beside it, a sheet: before above, after below.

    Interrupted, it goes on when it is started again with the same output. Raises Refused for pictures, captions, a
    rank or an ending that will not do.
    """
    _check(output, recipe)
    torch.set_num_threads(threads or torch.get_num_threads())
    torch.manual_seed(seed)
    pipeline = load(model, device)
    shown = style_pictures.read(folder, size=pixels_per_side(pipeline))
    log.info("%d pictures: %s", len(shown), "; ".join(_caption(picture, recipe) for picture in shown))
    asked = [*(_caption(picture, recipe) for picture in shown[:4]), *(_said(p, recipe) for p in OTHER_THINGS[:12])]
    before = pictures(pipeline, asked, seed=seed, steps=recipe.sample_steps)
    lessons = StyleLessons(pipeline, shown, recipe, seed=seed)
    adapt(pipeline, recipe)
    state = output.with_suffix(f".rank{recipe.rank}.running.pt")
    weights = nn.ParameterList(p for p in pipeline.unet.parameters() if p.requires_grad)
    pace = Pace(recipe.minutes, recipe.peak, warm_up=20, report_every=25)
    optimise(weights, pace, lessons.loss, name="style", state=state, device=device)
    write(pipeline, output, {"base_model": model.name, "trigger": recipe.trigger, "rank": str(recipe.rank)})
    state.unlink(missing_ok=True)
    pipeline.unet.eval()
    after = pictures(pipeline, asked, seed=seed, steps=recipe.sample_steps)
    save_sheet(before, after, output.with_suffix(".png"))
    return output


def _check(output: Path, recipe: StyleRecipe) -> None:
    if output.suffix != ".safetensors":
        raise Refused(
            f"'{output}' does not end in .safetensors.", hint="Name the file for the style, style.safetensors."
        )
    if not 1 <= recipe.rank <= MAX_RANK:
        raise Refused(f"The rank {recipe.rank} will not do.", hint=f"Take 1 to {MAX_RANK}; 8 suits most styles.")
    output.parent.mkdir(parents=True, exist_ok=True)


def _said(caption: str, recipe: StyleRecipe) -> str:
    return f"{recipe.trigger} {caption}".strip() if recipe.trigger not in caption else caption


def _caption(picture: StylePicture, recipe: StyleRecipe) -> str:
    return _said(picture.caption, recipe)


def pixels_per_side(pipeline: StableDiffusionPipeline) -> int:
    """The side of the pictures that the codec's encoder turns into the UNet's own size of latents."""
    config = pipeline.vae.config
    stages = config.get("encoder_block_out_channels") or config["block_out_channels"]
    return int(pipeline.unet.config.sample_size * 2 ** (len(stages) - 1))


def adapt(pipeline: StableDiffusionPipeline, recipe: StyleRecipe) -> None:
    """Freeze the UNet and put an untrained adapter on its attention, and on its convolutions if the recipe says so."""
    pipeline.unet.requires_grad_(False)
    targets = [*ATTENTION, *(CONVOLUTIONS if recipe.convolutions else ())]
    pipeline.unet.add_adapter(LoraConfig(r=recipe.rank, lora_alpha=recipe.rank, target_modules=targets))
    pipeline.unet.train()


class StyleLessons:
    """The loss of one batch: velocity (or noise) of the pictures; with a trigger, the bare model's answers without it.

    Made before the UNet is adapted: the prior's pictures are drawn by the bare model.
    """

    def __init__(
        self, pipeline: StableDiffusionPipeline, shown: Sequence[StylePicture], recipe: StyleRecipe, *, seed: int
    ) -> None:
        self._pipeline, self._recipe = pipeline, recipe
        self._device = pipeline.device
        self._latents = _both_hands(pipeline, style_pictures.stacked(shown))
        self._states = _states(pipeline, [_caption(picture, recipe) for picture in shown])
        self._empty = _states(pipeline, [""])
        if recipe.held:
            priors = pictures(pipeline, OTHER_THINGS, seed=seed + 100, steps=recipe.sample_steps)
            self._prior_latents = _both_hands(pipeline, _sized(priors, pixels_per_side(pipeline)))
            self._prior_states = _states(pipeline, OTHER_THINGS)
        self._alphas = pipeline.scheduler.alphas_cumprod.double()
        self._velocity = pipeline.scheduler.config.prediction_type == "v_prediction"
        self._odds = timestep_odds(self._alphas)

    def loss(self) -> Tensor:
        own = self._own(self._recipe.batch - self._recipe.held)
        return own + self._kept(self._recipe.held) if self._recipe.held else own

    def _own(self, count: int) -> Tensor:
        rows = torch.randint(len(self._latents), (count,))
        states = self._states[rows % len(self._states)].clone()
        states[torch.rand(count) < self._recipe.empty_share] = self._empty
        noisy, steps, wanted = self._noised(self._latents[rows])
        return (self._answer(noisy, steps, states) - wanted).square().mean()

    def _kept(self, count: int) -> Tensor:
        rows = torch.randint(len(self._prior_latents), (count,))
        states = self._prior_states[rows % len(self._prior_states)]
        noisy, steps, _ = self._noised(self._prior_latents[rows])
        with torch.no_grad():
            self._pipeline.unet.disable_adapters()
            bare = self._answer(noisy, steps, states)
            self._pipeline.unet.enable_adapters()
        return (self._answer(noisy, steps, states) - bare).square().mean() * (count / self._recipe.batch)

    def _answer(self, noisy: Tensor, steps: Tensor, states: Tensor) -> Tensor:
        answer: Tensor = self._pipeline.unet(noisy, steps, states, return_dict=False)[0]
        return answer.float()

    def _noised(self, clean: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        steps = torch.multinomial(self._odds, len(clean), replacement=True)
        alpha = self._alphas[steps].float()[:, None, None, None].to(self._device)
        noise, steps = torch.randn_like(clean), steps.to(self._device)
        signal, amount = alpha.sqrt(), (1 - alpha).sqrt()
        wanted = signal * noise - amount * clean if self._velocity else noise
        return signal * clean + amount * noise, steps, wanted


@torch.no_grad()
def _both_hands(pipeline: StableDiffusionPipeline, shown: render.Bytes) -> Tensor:
    """Latents ``[2n, c, h, w]`` of pictures ``[n, s, s, 4]`` and their mirror images, scaled as the UNet sees them."""
    signed = render.to_signed(np.concatenate([shown, shown[:, :, ::-1]])).to(pipeline.device)
    if pipeline.vae.config.in_channels == 3:
        # Premultiplied in -1..1: what shows through is white.
        signed = signed[:, :3] + 1 - signed[:, 3:]
    encoded = pipeline.vae.encode(signed)
    latents: Tensor = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    scaled: Tensor = latents * pipeline.vae.config.scaling_factor
    return scaled


@torch.no_grad()
def _states(pipeline: StableDiffusionPipeline, captions: Sequence[str]) -> Tensor:
    states: Tensor = pipeline.encode_prompt(list(captions), pipeline.device, 1, False)[0]
    return states


def _sized(drawn: render.Bytes, size: int) -> render.Bytes:
    four = _with_alpha(drawn)
    return np.stack([render.shrink(picture, size) for picture in four])


def _with_alpha(drawn: render.Bytes) -> render.Bytes:
    opaque = np.full((*drawn.shape[:3], 1), 255, np.uint8)
    return drawn if drawn.shape[-1] == 4 else np.concatenate([drawn, opaque], -1)


def write(pipeline: StableDiffusionPipeline, output: Path, said: dict[str, str]) -> None:
    """The adapter as ``load_lora_weights`` reads it; ``said`` goes into the file's metadata.

    No licence is written: the style is its owner's to license.
    """
    weights = get_peft_model_state_dict(pipeline.unet)
    kept = {f"unet.{name}": weight.detach().to("cpu", torch.float16).contiguous() for name, weight in weights.items()}
    save_file(kept, output, metadata={"format": "pt", "made_with": "safelight train lora", **said})


def save_sheet(before: render.Bytes, after: render.Bytes, path: Path) -> None:
    """Two rows of blocks, 128 px a picture: the bare model above, the adapted one below."""
    both = [np.stack([render.shrink(picture, 128) for picture in _with_alpha(drawn)]) for drawn in (before, after)]
    render.contact_sheet(np.concatenate(both), columns=8).save(path)

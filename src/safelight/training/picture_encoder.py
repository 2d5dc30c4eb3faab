"""The image encoder: a picture of a thing becomes the vector that the thing's caption has.

A stock CLIP vision tower (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929; Radford et al. 2021,
https://arxiv.org/abs/2103.00020), small, and trained from nothing against the frozen text encoder: its output is the
mean of a caption's token states. The denoiser has learnt to draw from that vector repeated over all tokens, so a
picture can stand where a prompt stands.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from safelight.training import captions
from safelight.training.latents import Variant
from safelight.training.loop import Pace, optimise
from safelight.training.render import SMALL
from safelight.training.text import WIDTH, TextEncoder
from safelight.training.views import views

log = logging.getLogger(__name__)

_OUTER = ("vision_model.embeddings", "visual_projection")
_RECENT = 8
MEAN, DEVIATION = 0.5, 0.5
"""What the feature extractor subtracts and divides by, in every channel."""


@dataclass(frozen=True, slots=True)
class PictureRecipe:
    """What the encoder is and how it is trained; ``minutes`` are of active time."""

    minutes: float = 18.0
    batch: int = 64
    peak: float = 1.5e-3
    width: int = 160
    layers: int = 4
    patch: int = 8
    temperature: float = 0.1
    even_share: float = 0.5
    """Part of the samples drawn evenly over all pictures; the rest as often as the denoiser draws them."""
    start: Path | None = None
    """Folder of an encoder of the same shape to go on from."""


def build_picture_encoder(recipe: PictureRecipe) -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            image_size=SMALL,
            patch_size=recipe.patch,
            hidden_size=recipe.width,
            intermediate_size=recipe.width * 3,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.width // 32,
            projection_dim=WIDTH,
            hidden_act="gelu",
        )
    )


def feature_extractor() -> CLIPImageProcessor:
    """What a picture of any size goes through: shortest side 64 px, the middle, -1..1. Transparency must be filled."""
    return CLIPImageProcessor(
        size={"shortest_edge": SMALL},
        crop_size={"height": SMALL, "width": SMALL},
        image_mean=[MEAN] * 3,
        image_std=[DEVIATION] * 3,
    )


class Lessons:
    """Draws batches of pictures and the vectors to answer with.

    The vector of a picture is the mean of its captions' vectors, but for those that name a style: a photograph has no
    such style.
    """

    def __init__(self, found: Sequence[Variant], text: TextEncoder, recipe: PictureRecipe) -> None:
        self._pixels = torch.from_numpy(np.stack([variant.pixels for variant in found]))
        spoken = [_spoken(variant.captions) for variant in found]
        numbers = {caption: place for place, caption in enumerate(dict.fromkeys(c for words in spoken for c in words))}
        pooled = text.states(list(numbers))[1].float()
        self.vectors = torch.stack([pooled[[numbers[c] for c in words]].mean(0) for words in spoken])
        self.reference = pooled[[numbers[words[0]] for words in spoken]]
        weights = torch.tensor([variant.weight for variant in found])
        self._odds = recipe.even_share / len(found) + (1 - recipe.even_share) * weights / weights.sum()
        self.centre = (self._odds[:, None] * self.reference).sum(0)
        self.scale = float((self.reference - self.centre).square().mean().sqrt())
        self._batch = recipe.batch
        self._recent: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=_RECENT)

    def draw(self, device: str) -> tuple[Tensor, Tensor, Tensor]:
        """``(pixels [b, 3, 64, 64] in -1..1, vectors [b, 384], their rows [b])``: new ones, or recent ones again.

        Making views costs as much as learning from them, so each is learnt from about twice.
        """
        if len(self._recent) == _RECENT and torch.rand(()) < 0.5:
            return self._recent[int(torch.randint(_RECENT, ()))]
        rows = torch.multinomial(self._odds, self._batch, replacement=True)
        pictures = self._pixels[rows].permute(0, 3, 1, 2).float() / 255
        self._recent.append((to_input(views(pictures)).to(device), self.vectors[rows].to(device), rows))
        return self._recent[-1]


def _spoken(given: Sequence[str]) -> list[str]:
    """Each name once, without articles, without a style and without more words than it takes."""
    bare = [c for c in given if "style" not in c and not c.startswith(("a ", "an ")) and captions.plain(c)]
    return list(dict.fromkeys(bare or given))


def to_input(pictures: Tensor) -> Tensor:
    """RGB ``[n, 3, h, w]`` in 0..1 as the feature extractor hands it over."""
    return (pictures - MEAN) / DEVIATION


def train_picture_encoder(
    found: Sequence[Variant], text: TextEncoder, recipe: PictureRecipe, *, folder: Path, device: str, seed: int
) -> None:
    """Train, resumably, and write ``image_encoder`` and ``feature_extractor`` into ``folder``."""
    torch.manual_seed(seed)
    model = build_picture_encoder(recipe).to(device).train()
    if device == "cpu":
        model.set_attn_implementation("eager")  # as in the denoiser: flash attention's way back is slow there
    lessons = Lessons(found, text, recipe)
    begin(model, recipe, lessons.centre.to(device))
    pace = Pace(recipe.minutes, recipe.peak, warm_up=60, weight_decay=0.02, muon=_OUTER, report_every=50)
    optimise(
        model,
        pace,
        lambda: lesson_loss(model, lessons, recipe, device),
        name="picture encoder",
        state=folder / "running.pt",
        device=device,
    )
    match(model.eval(), lessons, device)
    write(model, folder)


def begin(model: CLIPVisionModelWithProjection, recipe: PictureRecipe, centre: Tensor) -> None:
    """Where learning begins: at an earlier encoder, or at the mean of all vectors."""
    if recipe.start is None:
        begin_at(model, centre)
    else:
        model.load_state_dict(CLIPVisionModelWithProjection.from_pretrained(recipe.start).float().state_dict())


@torch.no_grad()
def begin_at(model: CLIPVisionModelWithProjection, centre: Tensor) -> None:
    """Answer the mean of all vectors at first: the norm's first feature becomes a one, its projection the mean."""
    norm = model.vision_model.post_layernorm
    norm.weight[0], norm.bias[0] = 0.0, 1.0
    model.visual_projection.weight.mul_(0.1)
    model.visual_projection.weight[:, 0] = centre


def lesson_loss(model: CLIPVisionModelWithProjection, lessons: Lessons, recipe: PictureRecipe, device: str) -> Tensor:
    """Squared distance in units of the vectors' spread, and telling a batch's vectors apart (both ends centred).

    Pictures of one thing in a batch share the blame: the wanted odds are the vectors' own similarity.
    """
    pixels, wanted, _ = lessons.draw(device)
    centre = lessons.centre.to(device)
    answer = (model(pixels).image_embeds.float() - centre) / lessons.scale
    wanted = (wanted - centre) / lessons.scale
    directions = F.normalize(wanted, dim=-1)
    odds = (F.normalize(answer, dim=-1) @ directions.T / recipe.temperature).log_softmax(-1)
    fair = (directions @ directions.T / recipe.temperature).softmax(-1)
    loss: Tensor = (answer - wanted).square().mean() - (fair * odds).sum(-1).mean()
    return loss


@torch.no_grad()
def match(model: CLIPVisionModelWithProjection, lessons: Lessons, device: str, batches: int = 30) -> None:
    """Fold into the projection what brings the answers to the mean and spread of the captions' own vectors.

    Regression answers carefully, nearer to the mean than any caption lies; the denoiser has only seen captions. The
    projection has no bias, so the mean is moved through the bias of the norm before it.
    """
    drawn = [lessons.draw(device) for _ in range(batches)]
    answers = torch.cat([model(pixels).image_embeds.float() for pixels, _, _ in drawn])
    wanted = lessons.reference[torch.cat([rows for _, _, rows in drawn])].to(device)
    stretch = float(
        (wanted - wanted.mean(0)).square().mean().sqrt() / (answers - answers.mean(0)).square().mean().sqrt()
    )
    weight, bias = model.visual_projection.weight, model.vision_model.post_layernorm.bias
    weight.mul_(stretch)
    missing = wanted.mean(0) - stretch * answers.mean(0)
    bias.add_(torch.linalg.lstsq(weight, missing[:, None]).solution[:, 0])
    log.info("picture encoder: answers stretched by %.2f", stretch)


def write(model: CLIPVisionModelWithProjection, folder: Path) -> None:
    """Both parts as diffusers wants them, weights in half precision, loaded in single like the others."""
    place = folder / "image_encoder"
    model.half().save_pretrained(place)
    config = place / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "float32"}, indent=2) + "\n")
    feature_extractor().save_pretrained(folder / "feature_extractor")

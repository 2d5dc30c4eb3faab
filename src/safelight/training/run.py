"""Make the embedded model: artwork, codec, text encoder, latents, denoiser, image encoder, export, figures; resumable.

Each stage leaves its result in ``work_dir`` and is skipped when it is found there, so that an interrupted run goes on
where it stopped when it is started again.
"""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime
from datetime import time as TimeOfDay
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny

from safelight.training import artwork, render
from safelight.training.autoencoder import CodecRecipe, train_decoder, train_encoder
from safelight.training.captions import held_out_captions
from safelight.training.clock import next_time
from safelight.training.colours import NAMES
from safelight.training.denoiser import DenoiserRecipe, Trainer
from safelight.training.evaluate import evaluate
from safelight.training.export import export, lay, save_grid
from safelight.training.latents import LatentSet, encode, single, variants
from safelight.training.picture_encoder import PictureRecipe, train_picture_encoder
from safelight.training.text import TextEncoder, find_minilm, prune

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what the model becomes, apart from the artwork."""

    codec: CodecRecipe = field(default_factory=CodecRecipe)
    denoiser: DenoiserRecipe = field(default_factory=DenoiserRecipe)
    picture: PictureRecipe = field(default_factory=PictureRecipe)
    text_layers: int = 3
    text_pieces: int = 6500
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pictures:
    """The chosen artwork and its pixels at 256 and 64 px, in the same order."""

    artwork: list[artwork.Artwork]
    large: render.Bytes
    small: render.Bytes


def train(
    *,
    work_dir: Path,
    out_dir: Path,
    minutes: float = 105.0,
    finish_by: TimeOfDay | None = None,
    device: str = "cpu",
    threads: int | None = None,
    resume: bool = True,
    seed: int = 0,
    recipe: Recipe | None = None,
    start: Path | None = None,
) -> Path:
    """Make the model and write the diffusers directory to ``out_dir``.

    From nothing, or, with ``start``, from the weights of a model that was made here before: its text encoder and the
    encoder of its codec are kept, its decoder, its UNet and its image encoder learn on. ``minutes`` of active time are
    shared out: a twelfth for the encoder, a seventh each for the decoder and the image encoder, the rest for the UNet.
    With ``finish_by`` the UNet has learnt at the next such local time, whatever it got of its minutes; what follows
    takes its own time. ``device`` is ``cpu`` or ``cuda``; ``threads`` is how many cores to use. With ``resume=False``
    trained state in ``work_dir`` is thrown away first (fetched and rendered artwork stays).
    """
    chosen = on_cores(shared_out(recipe or Recipe(seed=seed), minutes), threads or torch.get_num_threads(), device)
    if finish_by is not None:
        ends_at = next_time(finish_by, after=datetime.now().astimezone())
        chosen = replace(chosen, denoiser=replace(chosen.denoiser, ends_at=ends_at))
    if not resume:
        for stage in ("codec", "text", "latents", "denoiser", "picture"):
            shutil.rmtree(work_dir / stage, ignore_errors=True)
    if start is not None:
        chosen = begin_with(start, work_dir, chosen)
    make(gather(work_dir), work_dir=work_dir, out_dir=out_dir, device=device, recipe=chosen)
    judge(out_dir, work_dir=work_dir, device=device)
    return out_dir


def shared_out(recipe: Recipe, minutes: float) -> Recipe:
    """The recipe with its time budgets set so that they add up to ``minutes``."""
    encoder, seventh = minutes / 12, minutes / 7
    codec = replace(recipe.codec, encoder_minutes=encoder, decoder_minutes=seventh)
    denoiser = replace(recipe.denoiser, minutes=minutes - encoder - 2 * seventh)
    return replace(recipe, codec=codec, denoiser=denoiser, picture=replace(recipe.picture, minutes=seventh))


def begin_with(start: Path, work_dir: Path, recipe: Recipe) -> Recipe:
    """Lay a finished model's parts where the stages look for theirs; whatever is there already stays."""
    if not (work_dir / "text").exists():
        lay(start, ("text_encoder", "tokenizer"), work_dir / "text")
    encoder = work_dir / "codec" / "encoder.pt"
    if not encoder.exists():
        encoder.parent.mkdir(parents=True, exist_ok=True)
        torch.save(AutoencoderTiny.from_pretrained(start / "vae").float().state_dict(), encoder)
    # The time for the encoder goes to the UNet; a model that has learnt already takes smaller steps.
    longer = recipe.denoiser.minutes + recipe.codec.encoder_minutes
    denoiser = replace(recipe.denoiser, start=start / "unet", minutes=longer, peak=recipe.denoiser.peak * 0.8)
    encoder_too = start / "image_encoder"
    picture = replace(recipe.picture, start=encoder_too if encoder_too.exists() else None)
    return replace(recipe, denoiser=denoiser, picture=picture)


def on_cores(recipe: Recipe, threads: int, device: str) -> Recipe:
    """On CPUs the denoiser's batch is split over single-threaded workers, one a core."""
    torch.set_num_threads(threads)
    workers = threads if device == "cpu" else 1
    return replace(recipe, denoiser=replace(recipe.denoiser, workers=workers))


def gather(work_dir: Path) -> Pictures:
    """Fetch and draw the artwork."""
    chosen = artwork.choose(artwork.fetch(work_dir / "npm"))
    large, small = render.draw_all(chosen, work_dir / "pictures")
    return Pictures(chosen, large, small)


def make(pictures: Pictures, *, work_dir: Path, out_dir: Path, device: str, recipe: Recipe) -> Path:
    """The stages after the artwork is drawn."""
    codec = train_encoder(pictures.small, recipe.codec, folder=work_dir / "codec", device=device, seed=recipe.seed)
    train_decoder(codec, pictures.large, recipe.codec, folder=work_dir / "codec", device=device, seed=recipe.seed)
    text = text_encoder(pictures.artwork, work_dir / "text", recipe, device)
    data = latent_set(pictures, codec, text, work_dir / "latents", recipe, device)
    trainer = Trainer(data, recipe.denoiser, folder=work_dir / "denoiser", device=device, seed=recipe.seed)
    trainer.restore()

    def show(running: Trainer) -> None:
        save_grid(running.averaged(), codec, text, work_dir / "grids", running.step)

    denoiser = trainer.run(show)
    picture_encoder(pictures, text, work_dir / "picture", recipe, device)
    export(denoiser, codec, text_folder=work_dir / "text", picture_folder=work_dir / "picture", out_dir=out_dir)
    return out_dir


def judge(out_dir: Path, *, work_dir: Path, device: str) -> None:
    """Evaluate what was exported; the figures and the sheets go beside the model card."""
    log.info("%s", json.dumps(evaluate(out_dir, work_dir=work_dir, out_dir=out_dir, device=device), indent=2))


def picture_encoder(pictures: Pictures, text: TextEncoder, folder: Path, recipe: Recipe, device: str) -> None:
    """The image encoder, trained once to answer with the captions' vectors."""
    if not (folder / "feature_extractor").exists():
        found = single(pictures.artwork, pictures.small, np.random.default_rng(recipe.seed))
        train_picture_encoder(found, text, recipe.picture, folder=folder, device=device, seed=recipe.seed)


def text_encoder(chosen: list[artwork.Artwork], folder: Path, recipe: Recipe, device: str) -> TextEncoder:
    """The pruned text encoder, made once."""
    if not (folder / "text_encoder" / "config.json").exists():
        words = [
            *(art.name for art in chosen),
            *(tag for art in chosen for tag in art.tags),
            *NAMES,
            *held_out_captions(),
        ]
        prune(find_minilm(), words, folder, layers=recipe.text_layers, pieces=recipe.text_pieces)
    return TextEncoder(folder, device)


def latent_set(
    pictures: Pictures, codec: AutoencoderTiny, text: TextEncoder, folder: Path, recipe: Recipe, device: str
) -> LatentSet:
    """The denoiser's training set, made once."""
    path = folder / "latents.pt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        found = variants(pictures.artwork, np.asarray(pictures.small), pictures.large, recipe.seed)
        encode(found, codec, text, device=device).save(path)
    return LatentSet.load(path)

"""Cheap previews: a linear map from latents to pixels, fitted to the model's own VAE when the model is loaded.

A model's latents are nearly linear in the colours of the picture (as the well-known latent-to-RGB factors show).
Looking at a 3x3 neighbourhood and answering with a patch of pixels, rather than one, makes previews several times
larger than the latents for next to nothing: one small convolution and a pixel shuffle.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor

DRAWINGS, TESTED = 14, 4
PREVIEW_SIDE = 80
"""Previews are about this many pixels wide at the model's native size: cheap to encode, large enough to judge."""


@dataclass(frozen=True)
class LinearPreview:
    """The fitted map.

    Attributes:
        weight: `[pixel channels * patch * patch, latent channels, 3, 3]`.
        bias: `[pixel channels * patch * patch]`.
        patch: pixels a latent cell becomes, in each direction.
        correlation: with the VAE's own picture on test drawings the fit has not seen, from -1 to 1.
    """

    weight: Tensor
    bias: Tensor
    patch: int
    correlation: float

    def __call__(self, latents: Tensor) -> Tensor:
        """Pixels `[batch, 3 or 4, height * patch, width * patch]` in about [-1, 1] of latents on the CPU."""
        padded = F.pad(latents, (1, 1, 1, 1), mode="replicate")
        return F.pixel_shuffle(F.conv2d(padded, self.weight, self.bias), self.patch)


class Examples(NamedTuple):
    """What a VAE makes of synthetic drawings; the last few are there to be tested with.

    Attributes:
        latents: `[n, latent channels, height, width]`.
        pictures: decoded from them, `[n, channels, …]`.
    """

    latents: Tensor
    pictures: Tensor

    @property
    def unseen(self) -> "Examples":
        return Examples(self.latents[-TESTED:], self.pictures[-TESTED:])


def examples_of(
    *, encode: Callable[[Tensor], Tensor], decode: Callable[[Tensor], Tensor], side: int, channels: int
) -> Examples:
    """
    Args:
        encode: pixels `[n, channels, side, side]` in [-1, 1] to latents as the denoiser sees them.
        decode: the way back; its pictures may be larger than `side`.
        side: pixels that the VAE's encoder is shown.
        channels: 3 (RGB) or 4 (premultiplied RGBA).
    """
    drawings = [_drawing(seed, side=side, channels=channels) for seed in range(DRAWINGS)]
    latents = torch.cat([encode(one) for one in drawings]).float().cpu()
    pictures = torch.cat([decode(one[None]).float().cpu() for one in latents])
    return Examples(latents, pictures.clamp(-1, 1))


def fit_preview(examples: Examples) -> LinearPreview:
    """Fit by ridge regression."""
    latents, pictures = examples
    patch = max(1, min(PREVIEW_SIDE // latents.shape[-1], 8))
    targets = F.interpolate(pictures, size=latents.shape[-1] * patch, mode="area")
    weight, bias = _ridge(latents[:-TESTED], targets[:-TESTED], patch)
    fitted = LinearPreview(weight, bias, patch, correlation=0.0)
    return replace(fitted, correlation=correlation(fitted(latents[-TESTED:]), targets[-TESTED:]))


def correlation(one: Tensor, other: Tensor) -> float:
    """Of two tensors of one shape, from -1 to 1."""
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


def to_image(pixels: Tensor, *, premultiplied: bool) -> Image.Image:
    """`[1, 3 or 4, height, width]` in [-1, 1] to a picture; rounds to the nearest level, not down."""
    unit = (pixels[0].float() / 2 + 0.5).clamp(0, 1)
    if premultiplied and len(unit) == 4:
        alpha = unit[3:]
        # Where almost nothing is left of a pixel its colour is noise: dividing by at least 1/32 keeps it calm.
        unit = torch.cat([(unit[:3] / alpha.clamp(min=1 / 32)).clamp(0, 1), alpha])
    levels = (unit * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(levels)


def _ridge(latents: Tensor, targets: Tensor, patch: int, strength: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Least squares from 3x3 neighbourhoods to patches; `strength` keeps unseen directions near zero."""
    padded = F.pad(latents, (1, 1, 1, 1), mode="replicate")
    seen = F.unfold(padded, 3).transpose(1, 2).flatten(0, 1).double()
    wanted = F.pixel_unshuffle(targets, patch).flatten(2).transpose(1, 2).flatten(0, 1).double()
    seen = torch.cat([seen, torch.ones(len(seen), 1, dtype=seen.dtype)], dim=1)
    gram = seen.T @ seen + strength * len(seen) * torch.eye(seen.shape[1], dtype=seen.dtype)
    solution = torch.linalg.solve(gram, seen.T @ wanted).float()
    return solution[:-1].T.reshape(-1, latents.shape[1], 3, 3).contiguous(), solution[-1].contiguous()


def _drawing(seed: int, *, side: int, channels: int) -> Tensor:
    """Soft and hard shapes in random colours, `[1, channels, side, side]` in [-1, 1]."""
    dice = random.Random(seed)
    background = (0, 0, 0, 0) if channels == 4 else (*_colour(dice), 255)
    image = Image.new("RGBA", (side, side), background)
    pen = ImageDraw.Draw(image)
    for number in range(10):
        x, y, w, h = (dice.randint(0, side - 1) for _ in range(4))
        box = (x // 2, y // 2, x // 2 + w // 2 + 2, y // 2 + h // 2 + 2)
        shape: Callable[..., None] = (pen.ellipse, pen.rectangle)[number % 2]
        shape(box, fill=(*_colour(dice), 255))
    if seed % 3 == 0:
        image = image.filter(ImageFilter.GaussianBlur(side / 32))
    return _to_tensor(image, channels)


def _colour(dice: random.Random) -> Sequence[int]:
    return tuple(dice.randint(0, 255) for _ in range(3))


def _to_tensor(image: Image.Image, channels: int) -> Tensor:
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    unit = flat.view(image.height, image.width, 4).permute(2, 0, 1).float() / 255
    coloured = torch.cat([unit[:3] * unit[3:], unit[3:]])
    return (coloured[:channels] * 2 - 1)[None]

"""Sprites as a camera or a pencil might show them: what the picture encoder has to see through.

Placed and turned anywhere, lit unevenly, on any ground, as a line drawing, out of focus, in noise. Colours shift only
as far as their names allow. Everything is done for a whole batch at once, with numbers drawn for each picture.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

_GREY = torch.tensor([0.299, 0.587, 0.114])


def views(pictures: Tensor, *, plain: float = 0.35, pencilled: float = 0.15) -> Tensor:
    """Premultiplied RGBA ``[n, 4, s, s]`` in 0..1 to RGB ``[n, 3, s, s]`` in 0..1, different at every call.

    ``plain`` is the share of them on an even ground, ``pencilled`` the share that become line drawings.
    """
    seen = _lit(_placed(pictures))
    colours, alpha = seen[:, :3], seen[:, 3:]
    photo = colours + (1 - alpha) * _grounds(len(seen), seen.shape[-1], plain)
    scene = torch.where(_chosen(len(seen), pencilled), _pencilled(colours, alpha), photo)
    return _through_a_lens(scene).clamp(0, 1)


def hues_changed(pictures: Tensor, share: float = 0.6) -> Tensor:
    """Every colour turned into another, for a ``share`` of premultiplied RGBA ``[n, 4, s, s]``: channels swapped."""
    orders = torch.stack([torch.randperm(3) for _ in range(len(pictures))])
    orders = torch.where(torch.rand(len(pictures), 1) < share, orders, torch.arange(3))
    swapped = pictures[:, :3].gather(1, orders[:, :, None, None].expand(-1, -1, *pictures.shape[2:]))
    return torch.cat([swapped, pictures[:, 3:]], 1)


def _spread(count: int, low: float, high: float) -> Tensor:
    """One number for each picture, ``[n, 1, 1, 1]``."""
    return torch.empty(count, 1, 1, 1).uniform_(low, high)


def _chosen(count: int, share: float) -> Tensor:
    return torch.rand(count, 1, 1, 1) < share


def _placed(pictures: Tensor) -> Tensor:
    """Turned, scaled, flipped, sheared, moved, and seen a little from the side; nothing comes in from outside."""
    count = len(pictures)
    angle = torch.empty(count).normal_(0, 0.22).clamp(-math.pi / 3, math.pi / 3)
    zoom = torch.empty(count).uniform_(0.85, 1.9)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    wide, shear = torch.empty(count).uniform_(0.85, 1.18), torch.empty(count).uniform_(-0.15, 0.15)
    reach = 0.25 + 0.5 * (zoom - 0.85).clamp(min=0)
    left, top = (torch.empty(count).uniform_(-1, 1) * reach for _ in range(2))
    turn = torch.stack([angle.cos() * flip * wide, -angle.sin() + shear, left / zoom], -1)
    lift = torch.stack([angle.sin() * flip, angle.cos() / wide, top / zoom], -1)
    grid = F.affine_grid(torch.stack([turn, lift], 1) * zoom[:, None, None], list(pictures.shape), align_corners=False)
    tilt = torch.empty(count, 1, 1, 2).uniform_(-0.15, 0.15)
    grid = grid / (1 + (grid * tilt).sum(-1, keepdim=True))
    return F.grid_sample(pictures, grid, align_corners=False)


def _lit(pictures: Tensor) -> Tensor:
    """Other brightness, contrast, saturation and white balance, and light that falls unevenly."""
    count, size = len(pictures), pictures.shape[-1]
    colours, alpha = pictures[:, :3], pictures[:, 3:]
    grey = (colours * _GREY[:, None, None]).sum(1, keepdim=True)
    colours = grey + (colours - grey) * _spread(count, 0.65, 1.35)
    colours = (colours - 0.5 * alpha) * _spread(count, 0.7, 1.25) + 0.5 * alpha
    light = F.interpolate(torch.empty(count, 1, 3, 3).uniform_(0.72, 1.25), size=(size, size), mode="bicubic")
    colours = colours * light * _spread(count, 0.75, 1.2) * torch.empty(count, 3, 1, 1).uniform_(0.92, 1.08)
    return torch.cat([torch.minimum(colours.clamp(min=0), alpha), alpha], 1)


def _grounds(count: int, size: int, plain: float) -> Tensor:
    """Any colour, going over into others, with blotches of several sizes; or evenly white, grey or black."""
    ground = torch.rand(count, 3, 1, 1).expand(-1, -1, size, size)
    for cells, most in ((2, 0.8), (5, 0.5), (12, 0.3), (32, 0.2)):
        blotches = F.interpolate(torch.rand(count, 3, cells, cells) - 0.5, size=(size, size), mode="bilinear")
        ground = ground + blotches * most * torch.rand(count, 1, 1, 1) * _chosen(count, 0.6)
    even = (torch.randint(0, 3, (count, 1, 1, 1)) / 2).expand_as(ground)
    return torch.where(_chosen(count, plain), even, ground).clamp(0, 1)


def _pencilled(colours: Tensor, alpha: Tensor) -> Tensor:
    """Dark lines along the edges on pale paper, coloured in or not."""
    count = len(colours)
    on_white = colours + 1 - alpha
    grey = torch.cat([(on_white * _GREY[:, None, None]).sum(1, keepdim=True), alpha], 1)
    across = F.pad(grey, (1, 1, 0, 0), mode="replicate")
    down = F.pad(grey, (0, 0, 1, 1), mode="replicate")
    slope = (across[..., 2:] - across[..., :-2]).abs() + (down[..., 2:, :] - down[..., :-2, :]).abs()
    ink = (slope.amax(1, keepdim=True) * _spread(count, 0.8, 2.5)).clamp(0, 1)
    filled = torch.where(_chosen(count, 0.5), _spread(count, 0.4, 1.0), torch.zeros(()))
    paper = torch.empty(count, 3, 1, 1).uniform_(0.85, 1.0)
    return (paper * (1 - filled) + on_white * filled) * (1 - ink * _spread(count, 0.6, 1.0))


def _through_a_lens(scene: Tensor) -> Tensor:
    """Out of focus, in few pixels, with noise: each for some."""
    count, size = len(scene), scene.shape[-1]
    soft = F.avg_pool2d(F.pad(scene, (1, 1, 1, 1), mode="replicate"), 3, 1)
    softer = F.avg_pool2d(F.pad(soft, (2, 2, 2, 2), mode="replicate"), 5, 1)
    blurred = torch.where(_chosen(count, 0.3), softer, soft)
    scene = torch.lerp(scene, blurred, _spread(count, 0, 1) * _chosen(count, 0.4))
    few = F.interpolate(scene, size=(int(torch.randint(size // 3, size, ())),) * 2, mode="area")
    scene = torch.where(_chosen(count, 0.15), F.interpolate(few, size=(size, size), mode="bilinear"), scene)
    return scene + torch.randn_like(scene) * _spread(count, 0, 0.1) * _chosen(count, 0.5)

"""ESRGAN and Real-ESRGAN upscalers (Wang et al., 2018, https://arxiv.org/abs/1809.00219; 2021, 2107.10833).

The network that most upscalers on the web are: residual dense blocks, then nearest-neighbour doublings. Its size is
read from its weights, in any of the three namings that are about.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from safelight.domain.errors import ModelBroken
from safelight.engine.networks import BUILDING
from safelight.engine.pictures import resize, to_pixels

TILE, OVERLAP = 256, 16
"""Pixels: larger pictures go through in tiles, so that memory does not grow with them; the overlap hides the seams."""


class Esrgan:
    """A loaded upscaler.

    Attributes:
        scale: how many times as wide and high it makes pictures.
    """

    def __init__(self, network: "RRDBNet", *, device: torch.device) -> None:
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device
        self.scale = network.scale

    @classmethod
    def load(cls, file: Path, *, device: torch.device) -> "Esrgan":
        """Raises ModelBroken where the file is damaged, or holds some other network."""
        try:
            tensors = load_file(file)
            with BUILDING:
                network = RRDBNet.from_weights(tensors)
        except (OSError, SafetensorError) as error:
            raise ModelBroken(
                f"The upscaler '{file.stem}' cannot be read: {error}.", hint="Install it again."
            ) from error
        except (KeyError, RuntimeError, ValueError) as error:
            raise ModelBroken(
                f"The upscaler '{file.stem}' is of a kind that is not known here.",
                hint="ESRGAN and Real-ESRGAN networks (RRDBNet) in .safetensors files are.",
            ) from error
        return cls(network, device=device)

    def enlarge(self, picture: Image.Image, width: int, height: int) -> Image.Image:
        """`width` x `height` pixels, by the network and then by resampling; alpha by resampling alone."""
        pixels = self._tiled(to_pixels(picture.convert("RGB"), channels=3) / 2 + 0.5)
        levels = (pixels[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        large = Image.fromarray(np.ascontiguousarray(levels))
        if picture.mode == "RGBA":
            large.putalpha(resize(picture.getchannel("A"), *large.size))
        return resize(large, width, height)

    def _tiled(self, pixels: Tensor) -> Tensor:
        """`[1, 3, height, width]` in [0, 1] to `scale` times that."""
        _, channels, height, width = pixels.shape
        out = torch.empty(1, channels, height * self.scale, width * self.scale)
        for top in range(0, height, TILE):
            for left in range(0, width, TILE):
                above, before = max(0, top - OVERLAP), max(0, left - OVERLAP)
                bottom, right = min(top + TILE, height), min(left + TILE, width)
                tile = pixels[..., above : bottom + OVERLAP, before : right + OVERLAP].to(self._device)
                large = self._network(tile).cpu()
                rows = slice((top - above) * self.scale, (bottom - above) * self.scale)
                columns = slice((left - before) * self.scale, (right - before) * self.scale)
                place = (slice(top * self.scale, bottom * self.scale), slice(left * self.scale, right * self.scale))
                out[:, :, place[0], place[1]] = large[..., rows, columns]
        return out


class RRDBNet(nn.Module):
    """Residual in residual dense blocks.

    Args:
        shuffle: by how much pictures are made smaller, with more channels, on their way in (Real-ESRGAN's x2 and x1).
    """

    def __init__(self, *, features: int, growth: int, blocks: int, doublings: int, shuffle: int = 1) -> None:
        super().__init__()
        self.scale = 2**doublings // shuffle
        self._shuffle = shuffle
        self.conv_first = _conv(3 * shuffle**2, features)
        self.body = nn.Sequential(*(_Residual(features, growth) for _ in range(blocks)))
        self.conv_body = _conv(features, features)
        self.ups = nn.ModuleList(_conv(features, features) for _ in range(doublings))
        self.conv_hr = _conv(features, features)
        self.conv_last = _conv(features, 3)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> "RRDBNet":
        """Raises KeyError, ValueError or RuntimeError where the weights are not such a network's."""
        named = _renamed(weights)
        features, channels = named["conv_first.weight"].shape[:2]
        network = cls(
            features=features,
            growth=named["body.0.rdb1.conv1.weight"].shape[0],
            blocks=1 + max(int(name.split(".")[1]) for name in named if name.startswith("body.")),
            doublings=len({name.split(".")[1] for name in named if name.startswith("ups.")}),
            shuffle={3: 1, 12: 2, 48: 4}[channels],
        )
        network.load_state_dict(named)
        return network

    def forward(self, pixels: Tensor) -> Tensor:
        height, width = pixels.shape[-2:]
        spare = (-width % self._shuffle, -height % self._shuffle)
        if self._shuffle > 1:
            pixels = F.pixel_unshuffle(F.pad(pixels, (0, spare[0], 0, spare[1]), mode="replicate"), self._shuffle)
        shallow = self.conv_first(pixels)
        deep = shallow + self.conv_body(self.body(shallow))
        for up in self.ups:
            deep = _leaky(up(F.interpolate(deep, scale_factor=2.0, mode="nearest")))
        large: Tensor = self.conv_last(_leaky(self.conv_hr(deep)))
        return large[..., : height * self.scale, : width * self.scale]


class _Dense(nn.Module):
    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for number in range(1, 6):
            wide = features + (number - 1) * growth
            self.add_module(f"conv{number}", _conv(wide, growth if number < 5 else features))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for number in range(1, 5):
            seen.append(_leaky(self.get_submodule(f"conv{number}")(torch.cat(seen, 1))))
        last: Tensor = self.get_submodule("conv5")(torch.cat(seen, 1))
        return x + 0.2 * last


class _Residual(nn.Module):
    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(features, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        deep: Tensor = self.rdb3(self.rdb2(self.rdb1(x)))
        return x + 0.2 * deep


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


NAMINGS = (
    (r"^RRDB_trunk\.(\d+)\.RDB(\d)\.", r"body.\1.rdb\2."),
    (r"^model\.1\.sub\.(\d+)\.RDB(\d)\.(conv\d)\.0\.", r"body.\1.rdb\2.\3."),
    (r"^(trunk_conv|model\.1\.sub\.\d+)\.(?=weight|bias)", "conv_body."),
    (r"^model\.0\.", "conv_first."),
    (r"^HRconv\.", "conv_hr."),
    (r"^(upconv|conv_up)(\d)\.", r"ups.\2."),
)


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights by this module's names."""
    named: dict[str, Tensor] = {}
    for name, weight in weights.items():
        for pattern, ours in NAMINGS:
            name = re.sub(pattern, ours, name)
        named[name] = weight.float()
    # Of a plain sequence the last two are the end of the network, and what is left before them the doublings.
    numbers = sorted({int(name.split(".")[1]) for name in named if name.startswith("model.")})
    ends = dict(zip(numbers[-2:], ("conv_hr", "conv_last"), strict=False))
    named = {
        re.sub(r"^model\.(\d+)", lambda m: ends.get(int(m[1]), f"ups.{m[1]}"), name): w for name, w in named.items()
    }
    ups = sorted({int(name.split(".")[1]) for name in named if name.startswith("ups.")})
    return {re.sub(r"^ups\.(\d+)", lambda m: f"ups.{ups.index(int(m[1]))}", name): w for name, w in named.items()}

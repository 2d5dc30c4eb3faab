import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from safelight.engine.tiling import decode_in_tiles


def enlarge(latents: Tensor) -> Tensor:
    """A decoder that looks at one cell at a time: tiles cannot make a difference."""
    return F.interpolate(latents, scale_factor=4, mode="nearest")


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 70), (8, 100), (64, 32), (5, 7), (57, 56)])
def test_tiles_of_a_local_decoder_are_the_whole(height: int, width: int) -> None:
    latents = torch.randn(1, 3, height, width)
    tiled = decode_in_tiles(enlarge, latents, side=32, overlap=8)
    assert tiled.shape == (1, 3, height * 4, width * 4)
    assert torch.allclose(tiled, enlarge(latents), atol=1e-6)


def test_no_tile_is_larger_than_its_side() -> None:
    seen: list[tuple[int, ...]] = []

    def watch(latents: Tensor) -> Tensor:
        seen.append(tuple(latents.shape[-2:]))
        return enlarge(latents)

    decode_in_tiles(watch, torch.zeros(1, 4, 90, 40), side=32, overlap=8)
    assert len(seen) == 4 * 2
    assert set(seen) == {(32, 32)}


def test_a_step_between_tiles_fades() -> None:
    count = iter(range(100))
    tiled = decode_in_tiles(
        lambda tile: torch.full_like(tile, next(count)), torch.zeros(1, 1, 4, 56), side=32, overlap=8
    )
    row = tiled[0, 0, 0]
    assert row[0] == 0 and row[-1] == 1
    assert torch.all(row.diff() >= 0) and row.diff().max() < 0.2

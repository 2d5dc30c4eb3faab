import torch
from torch import Tensor

from safelight.engine.preview import examples_of, fit_preview, to_image


def test_a_linear_codec_is_learnt_to_the_point() -> None:
    mix = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0]

    def encode(pixels: Tensor) -> Tensor:
        return torch.einsum("oc,bchw->bohw", mix, torch.nn.functional.avg_pool2d(pixels, 4))

    def decode(latents: Tensor) -> Tensor:
        return torch.nn.functional.interpolate(torch.einsum("co,bchw->bohw", mix, latents), scale_factor=4)

    assert fit_preview(examples_of(encode=encode, decode=decode, side=64, channels=4)).correlation > 0.98


def test_levels_are_rounded_and_colours_are_taken_apart_from_alpha() -> None:
    half_red = torch.tensor([0.0, -1.0, -1.0, 0.0]).view(1, 4, 1, 1)
    assert to_image(half_red, premultiplied=True).getpixel((0, 0)) == (255, 0, 0, 128)
    assert to_image(half_red, premultiplied=False).getpixel((0, 0)) == (128, 0, 0, 128)

"""From a picture to the drawing that a control network follows."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor, VitPoseBackboneConfig, VitPoseConfig
from transformers import VitPoseForPoseEstimation as VitPose

from safelight.domain.adapting import Preprocessor
from safelight.domain.errors import Unsupported
from safelight.engine.preprocessors import Preprocessors, edges, lines
from safelight.engine.shelf import Shelf
from safelight.engine.skeleton import draw_skeleton, joints

CPU = torch.device("cpu")


@pytest.fixture
def square() -> Image.Image:
    image = Image.new("RGB", (64, 48), "white")
    ImageDraw.Draw(image).rectangle((16, 12, 47, 35), fill="black")
    return image


def test_edges_are_white_where_the_picture_changes(square: Image.Image) -> None:
    found = np.asarray(edges(square))
    assert found.shape == (48, 64, 3)
    assert found[24, 14:19].max() == 255 and found[24, 25:40].max() == 0 and found[3].max() == 0


def test_lines_are_white_where_the_picture_is_darker_than_its_surroundings() -> None:
    image = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(image).line((32, 0, 32, 63), fill="black", width=2)
    found = np.asarray(lines(image))
    assert found[32, 32, 0] > 100 and found[32, 5, 0] == 0
    assert not np.asarray(lines(Image.new("RGB", (32, 32), "grey"))).any()


@pytest.mark.parametrize("kind", [Preprocessor.DEPTH, Preprocessor.POSE])
def test_without_its_network_it_says_where_to_put_one(kind: Preprocessor, square: Image.Image, tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as refused:
        Preprocessors(Shelf((tmp_path,)), device=CPU).apply(kind, square)
    assert f"preprocessors/{kind}" in refused.value.hint


def test_depth_comes_from_an_installed_network_and_fills_the_range(square: Image.Image, tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = tmp_path / "preprocessors" / "depth"
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        reassemble_factors=[4, 2, 1, 0.5],
        is_hybrid=False,
    )
    DPTForDepthEstimation(config).save_pretrained(folder)
    processor = DPTImageProcessor(size={"height": 32, "width": 32})
    (folder / "preprocessor_config.json").write_text(json.dumps(processor.to_dict()))
    depth = np.asarray(Preprocessors(Shelf((tmp_path,)), device=CPU).apply(Preprocessor.DEPTH, square))
    assert depth.shape == (48, 64, 3)
    assert depth.max() > 200 and depth.min() < 50
    assert (depth[..., 0] == depth[..., 2]).all()


class Seen:
    """Stands for a ViTPose that sees COCO's n-th joint in the n-th cell of the diagonal."""

    device = CPU

    def __init__(self, network: VitPose) -> None:
        self.config = network.config

    def __call__(self, pixel_values: torch.Tensor) -> object:
        assert pixel_values.shape == (1, 3, 64, 48)
        heat = torch.zeros(1, 17, 32, 24)
        for number in range(17):
            heat[0, number, number + 4, number] = 0.9
        return type("Output", (), {"heatmaps": heat})


@pytest.fixture(scope="module")
def pose_network() -> VitPose:
    backbone = VitPoseBackboneConfig(
        image_size=(64, 48), patch_size=(16, 16), hidden_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    return VitPose(VitPoseConfig(backbone_config=backbone, num_labels=17)).eval()


def test_joints_are_where_the_network_sees_them(pose_network: VitPose) -> None:
    picture = Image.new("RGB", (480, 640))
    found = joints(picture, Seen(pose_network), mean=[0.5] * 3, deviation=[0.5] * 3)
    assert found[0] == (10.0, 90.0)
    assert found[1] == pytest.approx((5.5 * 20 + 10, 9.5 * 20 + 10)), "the neck is between the shoulders"
    narrow = joints(picture.resize((240, 640)), Seen(pose_network), mean=[0.5] * 3, deviation=[0.5] * 3)
    assert narrow[0] == (10.0 - 120, 90.0), "what is beside the picture was added to it"


def test_a_skeleton_has_colours_and_leaves_out_what_is_not_seen(pose_network: VitPose) -> None:
    found = joints(Image.new("RGB", (64, 64)), pose_network, mean=[0.5] * 3, deviation=[0.5] * 3)
    assert len(found) == 18
    drawn = draw_skeleton([(20.0, 10.0), (20.0, 30.0), *[None] * 16], (40, 40))
    assert len(drawn.getcolors() or ()) >= 3
    assert not np.asarray(draw_skeleton([None] * 18, (40, 40))).any()

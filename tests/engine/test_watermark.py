import pytest
import torch

from safelight.engine.watermark import Watermark, peak_bytes

CPU = torch.device("cpu")
KB = 4 * 250


@pytest.fixture
def layer() -> torch.nn.Linear:
    return torch.nn.Linear(1000, 1000).requires_grad_(False)


def test_it_counts_what_is_there_at_the_worst_moment(layer: torch.nn.Linear) -> None:
    given = torch.zeros(10, 1000)

    def work() -> object:
        first = layer(given)
        second = first + 1
        del first
        third = second * 2
        del second
        return third.view(-1)

    assert peak_bytes(work, CPU) == 2 * 40 * KB


def test_weights_and_their_views_were_there_before(layer: torch.nn.Linear) -> None:
    assert peak_bytes(lambda: layer.weight.t()[1:], CPU) == 0


def test_what_goes_is_counted_off_and_what_is_written_in_place_is_not_new() -> None:
    with Watermark() as mark:
        made = torch.zeros(250)
        made.add_(1)
        assert mark.live == KB
        del made
        assert (mark.live, mark.peak) == (0, KB)


@pytest.mark.gpu
def test_on_cuda_the_allocator_tells() -> None:
    device = torch.device("cuda")
    assert peak_bytes(lambda: torch.zeros(2**20, device=device), device) == 2**22

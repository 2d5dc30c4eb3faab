"""The schedule, the velocity, the odds of each timestep, the learning rate, and Muon's step."""

from datetime import UTC, datetime, time

import pytest
import torch

from safelight.training.batches import add_noise, noise_scheduler, timestep_odds
from safelight.training.clock import ActiveClock, learning_rate, next_time
from safelight.training.gradients import Gradients
from safelight.training.muon import Muon, orthogonalise, split


def test_the_velocity_is_the_one_that_diffusers_samplers_expect() -> None:
    scheduler = noise_scheduler()
    clean, noise = torch.randn(2, 8, 4, 4), torch.randn(2, 8, 4, 4)
    steps = torch.tensor([100, 800])
    noisy, velocity = add_noise(clean, noise, scheduler.alphas_cumprod[steps][:, None, None, None])
    assert torch.allclose(noisy, scheduler.add_noise(clean, noise, steps), atol=1e-6)
    assert torch.allclose(velocity, scheduler.get_velocity(clean, noise, steps), atol=1e-6)


def test_middle_noise_is_drawn_most_and_every_level_sometimes() -> None:
    alphas = noise_scheduler().alphas_cumprod.double()
    odds = timestep_odds(alphas)
    sigma = ((1 - alphas) / alphas).sqrt()
    assert float(odds.sum()) == pytest.approx(1)
    assert float(odds.min()) > 0
    assert float(odds[(sigma > 0.3) & (sigma < 4)].sum()) > 0.6


def test_the_learning_rate_warms_up_holds_and_falls() -> None:
    assert learning_rate(0.0, 0, peak=1.0, warm_up=10) == pytest.approx(0.1)
    assert learning_rate(0.2, 50, peak=1.0, warm_up=10, hold=0.3) == pytest.approx(1.0)
    assert learning_rate(1.0, 99, peak=1.0, warm_up=10) == pytest.approx(0.01)


def test_a_pause_counts_only_up_to_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("safelight.training.clock.time.perf_counter", lambda: now[0])
    clock = ActiveClock(budget_s=10, cap_s=2)
    now[0] = 500.0
    assert clock.tick() == pytest.approx(0.2)


@pytest.mark.parametrize("shape", [(16, 24), (24, 16), (16, 200)])
def test_orthogonalising_evens_out_singular_values(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)).float())
    assert values.min() > 0.3 and values.max() < 1.4


def test_muon_learns() -> None:
    torch.manual_seed(0)
    model, wanted = torch.nn.Linear(8, 8), torch.randn(8, 8)
    optimiser = Muon(split(model, ())[0], lr=0.05)
    before = (model.weight - wanted).square().mean().item()
    for _ in range(60):
        optimiser.zero_grad()
        (model.weight - wanted).square().mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert (model.weight - wanted).square().mean().item() < 0.4 * before


def test_workers_share_weights_and_agree_on_the_gradient() -> None:
    class Toy(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = torch.nn.Conv2d(8, 8, 1)

        def forward(self, noisy: torch.Tensor, steps: torch.Tensor, states: torch.Tensor) -> object:
            return type("Out", (), {"sample": self.mix(noisy)})

    torch.manual_seed(0)
    model = Toy()
    batch = (torch.randn(4, 8, 4, 4), torch.zeros(4), torch.zeros(4, 2, 3), torch.randn(4, 8, 4, 4))
    alone = Gradients(model, 1).compute(batch)
    assert model.mix.weight.grad is not None
    expected = model.mix.weight.grad.clone()
    model.zero_grad()
    together = Gradients(model, 2)
    assert together.compute(batch) == pytest.approx(alone, rel=0.02)
    assert torch.allclose(model.mix.weight.grad, expected, rtol=0.1, atol=0.01)
    replica = together.replicas[1]
    assert isinstance(replica, Toy)
    assert replica.mix.weight.data_ptr() == model.mix.weight.data_ptr()


def test_what_is_left_is_spread_over_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("safelight.training.clock.time.time", lambda: now)
    clock = ActiveClock(budget_s=1e6, ends_at=1200.0)
    clock.resume(5e5)
    assert clock.progress == pytest.approx(0.5)
    now = 1100.0
    assert clock.progress == pytest.approx(0.75)
    now = 1300.0
    assert clock.progress == 1.0


def test_a_time_of_day_is_the_next_one() -> None:
    evening = datetime(2024, 5, 31, 21, 30, tzinfo=UTC)
    assert next_time(time(21, 45), after=evening) - evening.timestamp() == 15 * 60
    assert next_time(time(21, 15), after=evening) - evening.timestamp() == (24 * 60 - 15) * 60

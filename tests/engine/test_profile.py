from safelight.engine.evaluation import GroupKey
from safelight.engine.profile import Profile

NATIVE = GroupKey("m", 4, 16, 16, (("states", (8, 32)),))


def test_the_budget_is_where_a_row_gets_no_cheaper() -> None:
    profile = Profile.probe(lambda rows: 0.001 * max(rows, 16), area=256)
    assert profile.rows(NATIVE) == 16


def test_where_batching_does_not_pay_two_guided_pictures_still_go_together() -> None:
    assert Profile.probe(lambda rows: 0.001 * rows, area=256).rows(NATIVE) == 4


def test_a_slow_model_is_not_probed_for_a_minute() -> None:
    spent = []

    def run(rows: int) -> float:
        spent.append(rows * 3.0)
        return rows * 3.0

    assert Profile.probe(run, area=256).rows(NATIVE) == 8, "the trend is unknown"
    assert sum(spent) <= 10


def test_larger_pictures_get_fewer_rows_but_always_a_guided_pair() -> None:
    profile = Profile(budget=16, area=256)
    assert profile.rows(NATIVE._replace(height=32)) == 8
    assert profile.rows(NATIVE._replace(height=512, width=512)) == 2


def test_it_learns_from_what_forwards_take() -> None:
    profile = Profile.probe(lambda rows: 0.01 * rows, area=256)
    guess = profile.seconds(NATIVE, 4)
    for _ in range(20):
        profile.learn(NATIVE, 4, 0.5)
    assert abs(guess - 0.04) < 1e-9
    assert abs(profile.seconds(NATIVE, 4) - 0.5) < 0.01


def test_out_of_memory_halves_the_budget_down_to_a_pair() -> None:
    profile = Profile(budget=5, area=256)
    for _ in range(5):
        profile.shrink()
    assert profile.rows(NATIVE) == 2


def test_one_core_is_enough_for_a_forward_that_is_soon_over() -> None:
    sprite, real = Profile(area=256, row_cell_operations=3.7e6), Profile(area=4096, row_cell_operations=2e8)
    assert sprite.short(NATIVE, 2)
    assert not sprite.short(NATIVE, 16)
    assert not real.short(NATIVE._replace(height=64, width=64), 1)
    assert not Profile().short(NATIVE, 1), "nothing was counted"

from safelight.providers.previews import PreviewBudget


def frames(budget: PreviewBudget, *, step: float, preview: float, steps: int = 1000) -> int:
    drawn = 0
    for _ in range(steps):
        budget.earn(step)
        if budget.allows(first=False):
            budget.spend(preview)
            drawn += 1
    return drawn


def test_cheap_previews_are_all_drawn() -> None:
    assert frames(PreviewBudget(0.10), step=0.030, preview=0.002) == 1000


def test_dear_previews_are_thinned_to_their_share() -> None:
    drawn = frames(PreviewBudget(0.10), step=0.030, preview=0.030)
    assert 95 <= drawn <= 120


def test_a_share_of_nothing_draws_none() -> None:
    assert frames(PreviewBudget(0), step=1, preview=0.001) == 0
    assert not PreviewBudget(0).allows(first=True)


def test_the_first_of_a_picture_comes_on_credit_and_the_share_is_kept() -> None:
    budget, drawn = PreviewBudget(0.10), 0
    for step in range(1000):
        budget.earn(0.030)
        if budget.allows(first=step % 50 == 0):
            budget.spend(0.030)
            drawn += 1
    assert 95 <= drawn <= 120
    budget.spend(5)
    assert budget.allows(first=True)
    assert not budget.allows(first=False)

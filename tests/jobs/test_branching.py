"""Turns and branches as recipes, and the trails that they save time with."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.domain.errors import InvalidRecipe
from safelight.domain.progress import Steered
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Injection, Pattern
from safelight.jobs.branching import Branch, Changes, branched, share_past
from safelight.jobs.trails import Trail, Trails
from safelight.jobs.turning import turned

STEPS = 20
changes = st.builds(
    Change,
    step=st.integers(1, STEPS),
    prompt=st.none() | st.sampled_from(["a cat", "a dog"]),
    guidance=st.none() | st.sampled_from([1.0, 5.0]),
)
injections = st.builds(Injection, pattern=st.sampled_from(Pattern), first=st.integers(1, STEPS))
recipes = st.builds(
    Recipe,
    prompt=st.just("a red dragon"),
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 4),
    steering=st.lists(changes, max_size=4, unique_by=lambda change: change.step).map(
        lambda found: tuple(
            sorted((one for one in found if one.prompt or one.guidance), key=lambda change: change.step)
        )
    ),
    injections=st.lists(injections, max_size=3).map(tuple),
)


@given(recipes, st.integers(1, STEPS))
def test_a_branch_with_nothing_changed_is_the_recipe_of_the_picture_alone(recipe: Recipe, step: int) -> None:
    picture = recipe.count - 1
    made = branched(recipe, Branch(step=step, picture=picture), total=STEPS)
    assert made == recipe.model_copy(update={"count": 1, "seed": (recipe.seed + picture) % 2**32})  # type: ignore[operator]


@given(recipes, st.integers(1, STEPS), st.sampled_from([Changes(prompt="an owl"), Changes(guidance=2.0)]))
def test_a_branch_shares_its_past_with_its_parent_and_no_more(recipe: Recipe, step: int, wanted: Changes) -> None:
    alone = branched(recipe, Branch(step=1), total=STEPS)
    made = branched(recipe, Branch(step=step, changes=wanted), total=STEPS)
    assert step == 1 or share_past(alone, made, step=step)
    assert made == alone or not share_past(alone, made, step=STEPS + 1)
    later = [change for change in made.steering if change.step > step]
    assert not any(change.prompt and wanted.prompt for change in later)


def test_turns_at_one_step_are_one_change_in_the_order_of_the_steps() -> None:
    recipe = Recipe(prompt="a", steering=(Change(step=9, prompt="z"),))
    for news in (Change(step=5, prompt="b"), Change(step=5, guidance=2.0), Change(step=1, prompt="c")):
        recipe = turned(recipe, Steered(change=news))
    assert recipe.prompt == "c"
    assert recipe.steering == (Change(step=5, prompt="b", guidance=2.0), Change(step=9, prompt="z"))


def test_a_stop_is_lifted_by_null_only() -> None:
    recipe = Recipe(prompt="a", seed=1, stop_after=6)
    assert branched(recipe, Branch(step=5), total=STEPS).stop_after == 6
    lifted = Branch.model_validate({"step": 9, "changes": {"stop_after": None}})
    assert branched(recipe, lifted, total=STEPS).stop_after is None
    with pytest.raises(InvalidRecipe):
        branched(recipe, Branch(step=9), total=STEPS)


@dataclass(frozen=True)
class Mark:
    step: int
    nbytes: int = 10

    def to_bytes(self) -> bytes:
        return b""


@given(st.integers(1, 60), st.integers(10, 200))
def test_a_trail_keeps_its_budget_and_the_newest(steps: int, budget: int) -> None:
    trail = Trail(budget=budget)
    for step in range(1, steps + 1):
        trail.add(0, Mark(step))
        assert trail.nbytes <= max(budget, 10)
    kept = [checkpoint.step for checkpoint in trail.of(0)]
    assert kept[0] == trail.latest()[0].step == steps
    assert kept == sorted(kept, reverse=True)


def test_the_trail_that_is_longest_untouched_goes_first() -> None:
    trails = Trails(budget=30)
    for generation in ("a", "b", "a", "c"):
        trails.add(generation, 0, Mark(1))
    assert [bool(trails.of(generation).latest()) for generation in "abc"] == [True, True, False] or trails.nbytes <= 30
    assert trails.of("c").latest() and not trails.of("b").latest()

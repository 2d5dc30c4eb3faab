"""Why two pictures did not share a forward."""

import pytest

from safelight.domain.measuring import Apart
from safelight.engine.evaluation import GroupKey
from safelight.engine.occupancy import Occupancy, why_apart

ONE = GroupKey("sprite", 4, 16, 16, (("states", (77, 128)),))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (ONE._replace(model="other", height=32), Apart.MODEL),
        (ONE._replace(height=32, structure=("lora",)), Apart.SHAPE),
        (ONE._replace(channels=9), Apart.SHAPE),
        (ONE._replace(structure=("lora",), inputs=()), Apart.STRUCTURE),
        (ONE._replace(inputs=(("states", (154, 128)),)), Apart.PROMPT),
        (ONE._replace(reuses=True), Apart.FEATURES),
        (ONE, Apart.ROWS),
    ],
)
def test_the_plainest_reason_is_told(other: GroupKey, reason: Apart) -> None:
    assert why_apart(ONE, other) is why_apart(other, ONE) is reason


def test_those_that_go_on_waiting_are_counted_by_reason() -> None:
    occupancy = Occupancy()
    groups = {ONE: range(5), ONE._replace(model="other"): range(2), ONE._replace(height=32): range(1)}
    occupancy.leave(groups, chosen=ONE, taken=4)
    assert occupancy.apart == {Apart.ROWS: 1, Apart.MODEL: 2, Apart.SHAPE: 1}
    occupancy.leave({ONE: range(4)}, chosen=ONE, taken=4)
    assert occupancy.apart.total() == 4


def test_forwards_are_counted_by_size() -> None:
    occupancy = Occupancy()
    for pictures in (1, 4, 4):
        occupancy.count(pictures=pictures, rows=2 * pictures, seconds=0.5)
    assert (occupancy.sizes, occupancy.pictures_per_forward) == ({1: 1, 4: 2}, 3.0)

from collections import Counter

from safelight.engine.rotation import Demand, Rotation


def shares(demands: dict[str, Demand], turns: int) -> dict[str, float]:
    """Seconds of device time that each group gets."""
    rotation: Rotation[str] = Rotation()
    spent: Counter[str] = Counter()
    for _ in range(turns):
        key = rotation.choose(demands)
        rotation.charge(key, demands[key].cost)
        spent[key] += demands[key].cost  # type: ignore[assignment]
    return dict(spent)


def test_device_time_is_shared_by_pictures_not_by_groups() -> None:
    spent = shares({"many": Demand(0.3, 9, 0), "one": Demand(0.1, 1, 0)}, turns=1000)
    assert 8 <= spent["many"] / spent["one"] <= 10


def test_a_cheap_group_is_served_more_often_than_a_dear_one_of_equal_weight() -> None:
    spent = shares({"cheap": Demand(0.01, 1, 0), "dear": Demand(1.0, 1, 0)}, turns=1000)
    assert 0.8 <= spent["cheap"] / spent["dear"] <= 1.25


def test_who_has_waited_long_goes_first() -> None:
    rotation: Rotation[str] = Rotation()
    assert rotation.choose({"new": Demand(0.1, 1, 0), "old": Demand(0.1, 1, 60)}) == "old"


def test_running_alone_is_not_held_against_a_group() -> None:
    rotation: Rotation[str] = Rotation()
    alone = {"a": Demand(1.0, 1, 0)}
    for _ in range(100):
        rotation.charge(rotation.choose(alone), 1.0)
    both = {"a": Demand(1.0, 1, 0), "b": Demand(1.0, 1, 0)}
    served = []
    for _ in range(10):
        key = rotation.choose(both)
        rotation.charge(key, 1.0)
        served.append(key)
    assert served.count("a") >= 4

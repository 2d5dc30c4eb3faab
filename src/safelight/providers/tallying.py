"""What the engine has done, as a value: from its own counters, which no lock protects and no reader disturbs."""

from typing import TYPE_CHECKING

from safelight.domain.measuring import Tally

if TYPE_CHECKING:
    from safelight.engine.engine import Engine
    from safelight.engine.residency import Residency


def tallied(engine: "Engine | None", residency: "Residency | None") -> Tally | None:
    """At this moment; None before the engine has begun. In any thread."""
    if engine is None or residency is None:
        return None
    shared = engine.occupancy
    return Tally(
        forwards=shared.forwards,
        evaluations=shared.pictures,
        rows=shared.rows,
        seconds=shared.seconds,
        sizes=dict(shared.sizes),
        apart=dict(shared.apart),
        loads=dict(residency.loads),
        load_seconds=dict(residency.load_seconds),
        unloads=dict(residency.unloads),
        resident=residency.weights,
        budget=residency.budget,
        peak=residency.peak,
    )

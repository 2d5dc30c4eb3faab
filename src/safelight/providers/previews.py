"""What previews may cost: a share of what the steps cost, and no more."""

CAP_SECONDS = 0.05
"""Unspent allowance is not saved up beyond this, so that a quiet minute does not pay for a stutter."""


class PreviewBudget:
    """Lets previews take at most `share` of the processor time that steps take; a frame beyond that is dropped.

    Args:
        share: from 0 (no previews) upwards; 0.05 is five percent.
        cores: processors that a step keeps busy.
    """

    def __init__(self, share: float, *, cores: int) -> None:
        self._share = share
        self._cores = cores
        self._seconds = CAP_SECONDS if share > 0 else 0.0

    @property
    def affordable(self) -> bool:
        return self._seconds > 0

    def earn(self, step_seconds: float) -> None:
        """A step took so many seconds of wall time."""
        self._seconds = min(CAP_SECONDS, self._seconds + self._share * self._cores * step_seconds)

    def spend(self, seconds: float) -> None:
        """A preview took so many seconds of one processor."""
        self._seconds -= seconds

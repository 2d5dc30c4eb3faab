"""What previews may cost: a share of what the steps cost, and no more."""

CAP_SECONDS = 0.05
"""Unspent allowance is not saved up beyond this, so that a quiet minute does not pay for a stutter."""


class PreviewBudget:
    """Lets previews take at most `share` of the time that steps take; a frame beyond that is dropped, unless it is a
    picture's first.

    A second of one processor is counted as a second of the step's: on a CPU a forward waits for its slowest core, so
    what takes one of them away for a while holds up all of them.

    Args:
        share: from 0 (no previews) upwards; 0.05 is five percent.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._seconds = CAP_SECONDS if share > 0 else 0.0

    def allows(self, *, first: bool) -> bool:
        """The first of a picture is what people wait for, and therefore comes on credit: later ones pay it back."""
        return self._share > 0 and (first or self._seconds > 0)

    def earn(self, step_seconds: float) -> None:
        """A step took so many seconds of wall time."""
        self._seconds = min(CAP_SECONDS, self._seconds + self._share * step_seconds)

    def spend(self, seconds: float) -> None:
        """A preview took so many seconds of one processor."""
        self._seconds -= seconds

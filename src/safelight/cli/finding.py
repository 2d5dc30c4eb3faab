"""What the doctor finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at. A `mend` says what to do; without one all is well. A warning breaks nothing."""

    what: str
    found: str
    mend: str = ""
    warning: bool = False

    @property
    def broken(self) -> bool:
        return bool(self.mend) and not self.warning

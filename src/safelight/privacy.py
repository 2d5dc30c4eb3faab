"""What everybody may ask of a server that keeps things of theirs: to be handed all of it, and to be erased."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex

from safelight.admission.office import Clerk, Office
from safelight.batching import Batching
from safelight.domain.access import Access, Kind, Role, Scope
from safelight.domain.errors import Conflict, Forbidden, InvalidRecipe, NotFound
from safelight.domain.privacy import Consent, Erased, Person, Preferences
from safelight.store.belongings import Belongings
from safelight.store.erasing import Erasing
from safelight.store.handing_over import handed_over
from safelight.store.people import People

log = logging.getLogger(__name__)

ROUNDS = 5
"""What was on its way in when the account ended is erased in another round."""


@dataclass(kw_only=True)
class Privacy:
    """Acts for whoever asks, on what is theirs.

    Attributes:
        asked: what everybody is asked to agree to; None where that is nothing.
    """

    batching: Batching
    office: Office
    people: People
    asked: Consent | None = None

    def __post_init__(self) -> None:
        self._runner = runner = self.batching.runner
        self._belongings = Belongings(runner.records)
        self._erasing = Erasing(runner.records, runner.pictures, runner.inputs)

    async def open(self) -> None:
        """Go on with what was not done when the server stopped."""
        for tombstone, person in (await self._erasing.begun()).items():
            await self._erase(person, tombstone=tombstone)
            log.info("%s is erased: the server had stopped in between", tombstone)

    async def export(self, access: Access) -> AsyncGenerator[bytes, None]:
        """Everything that is kept of whoever asks, as pieces of a zip. Raises Forbidden where nobody knows them."""
        person = await self._person(access)
        runner = self._runner
        return handed_over(self._belongings, person, files=runner.pictures.blobs, given=runner.inputs.blobs)

    async def erase(self, access: Access, *, confirmed: str) -> Erased:
        """Erase whoever asks, with everything that is theirs.

        Args:
            confirmed: their name, as a sign that they mean it.

        Raises:
            InvalidRecipe: it is not their name.
            Forbidden: nobody knows them, or their key may not delete.
            Conflict: they are the last who can look after the server.
        """
        if access.kind is Kind.KEY and Scope.DELETE not in access.scopes and access.role is not Role.VIEWER:
            raise Forbidden("This takes the scope 'delete'.", hint="An admin can revoke the key.")
        person = await self._person(access)
        if confirmed != access.name:
            raise InvalidRecipe(
                "Not valid: confirm. It has to be your name, as GET /api/v1/me says it.",
                hint="Everything that is yours is removed for good: there is no way back but a backup.",
                fields={"confirm": "is not your name"},
            )
        tombstone = f"gone_{token_hex(12)}"
        keys = await self._erasing.begin(person, tombstone=tombstone, even_last=False)
        # To its end even where nobody waits for it any more: half of it would be the worst.
        return await asyncio.shield(asyncio.ensure_future(self._erase(person, tombstone=tombstone, keys=keys)))

    async def consent(self, access: Access) -> Consent | None:
        """What they are asked to agree to, and whether they have."""
        return None if self.asked is None else await self.people.consent(access.caller, self.asked)

    async def acknowledge(self, access: Access, clerk: Clerk, *, version: str) -> Consent:
        """Agree.

        Raises:
            NotFound: nothing is asked for.
            Conflict: the text has changed meanwhile.
            Forbidden: nobody knows who agrees.
        """
        _check_known(access)
        if self.asked is None:
            raise NotFound("This server asks nobody to agree to anything.", hint="GET /api/v1/me says so, too.")
        if version != self.asked.version:
            raise Conflict("That is not the text that is asked for now.", hint="Read it again: GET /api/v1/me.")
        await self.people.acknowledge(access.caller, version=version)
        await self.office.note(clerk, "consent.given", access.caller, workspace=access.workspace, detail=version)
        return await self.people.consent(access.caller, self.asked)

    async def prefer(self, access: Access, preferences: Preferences) -> Preferences:
        """Decide on oneself. Raises Forbidden where nobody knows who decides."""
        _check_known(access)
        await self.people.prefer(access.caller, preferences)
        return preferences

    async def _person(self, access: Access) -> Person:
        _check_known(access)
        keys = await self.office.registry.keys_of(access.caller) if access.kind is Kind.USER else ()
        return Person.of(access, keys)

    async def _erase(self, person: Person, *, tombstone: str, keys: int = 0) -> Erased:
        erased = Erased(tombstone=tombstone, keys=keys)
        for _ in range(ROUNDS):
            await self._stop(person)
            await self._forget(person)
            erased = await self._erasing.take_away(person, erased)
            if not await self._belongings.has_any(person):
                break
        await self._erasing.bury(person, erased)
        return erased

    async def _stop(self, person: Person) -> None:
        generations, batches = await self._belongings.unfinished(person)
        for batch, workspace in batches:
            await self.batching.cancel(batch, access=_within(workspace, person))
        await asyncio.gather(*(self._cancel(generation, _within(of, person)) for generation, of in generations))

    async def _cancel(self, generation: str, access: Access) -> None:
        with suppress(NotFound):
            await self._runner.cancel(generation, access=access)

    async def _forget(self, person: Person) -> None:
        """What is in memory of what they drew."""
        feeds, trails = self._runner.feeds, self._runner.recovery.trails
        for generation in await self._belongings.drawn_among(person, {*feeds.ended, *trails.generations}):
            feeds.forget(generation)
            trails.forget(generation)


def _check_known(access: Access) -> None:
    if access.kind is Kind.ANONYMOUS:
        raise Forbidden("Nobody knows who you are, so nothing is yours.", hint="Show a key, or sign in.")


def _within(workspace: str, person: Person) -> Access:
    name = person.callers[0]
    return Access(workspace=workspace, role=Role.CREATOR, kind=Kind.KEY, caller=name, name=name)

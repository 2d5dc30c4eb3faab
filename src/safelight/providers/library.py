"""The models of this machine: those that came with it, those that were added, and those that could be.

Added models are remembered in `models.json` in the home folder. Every method may be called from any thread.
"""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.domain.catalogue import CATALOGUE, named
from safelight.domain.errors import (
    Conflict,
    InvalidRecipe,
    Misconfigured,
    NotReady,
    Refused,
    SafelightError,
    UnknownModel,
)
from safelight.domain.model_card import ModelCard, ModelState
from safelight.engine.folder import ModelFolder
from safelight.engine.layout import names
from safelight.engine.shelf import Shelf
from safelight.providers.memory import MEMORY, Added, read, write

if TYPE_CHECKING:
    from safelight.engine.hub import Hub, Wanted

log = logging.getLogger(__name__)

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
FILES = (".safetensors", ".ckpt", ".bin", ".pt", ".pth", ".gguf")


@dataclass(eq=False)
class _Shelved:
    """A model, and how far its download is."""

    folder: ModelFolder
    card: ModelCard
    added: Added | None = None
    done: int = 0
    total: int = 0
    whole: bool = True
    problem: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def state(self) -> ModelState:
        if self.whole:
            return ModelState.INSTALLED
        return ModelState.ABSENT if self.problem else ModelState.DOWNLOADING


class Library:
    """
    Args:
        folders: models that are always there: diffusers folders and single files.
        home: where added ones are remembered; without one nothing can be added, and the catalogue is not shown.
        hub: makes the hub's client when it is first needed.
        adapters: what every model may use.

    Raises:
        ModelBroken: one of `folders` is not a model that the engine knows.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        provider: str,
        home: Path | None = None,
        hub: "Callable[[], Hub] | None" = None,
        adapters: Shelf | None = None,
    ) -> None:
        self._provider = provider
        self._memory = home / MEMORY if home is not None else None
        self._hub = hub or _the_hub
        self._adapters = adapters
        self._lock = threading.RLock()
        self._lost: list[Added] = []
        self._shelf = {
            folder.id: _Shelved(folder, folder.card(provider=provider, loaded=False))
            for folder in (ModelFolder.open(path, shelf=adapters) for path in folders)
        }
        for added in read(self._memory) if self._memory is not None else ():
            try:
                self._shelve(added)
            except SafelightError as error:
                self._lost.append(added)
                log.warning("the model %s cannot be used any more: %s %s", added.id, error.detail, error.hint)

    def open(self) -> None:
        """Go on with the downloads that were not finished."""
        with self._lock:
            for one in self._shelf.values():
                self._begin(one)

    def close(self) -> None:
        """Stop the downloads; they go on at the next start."""
        with self._lock:
            shelved = list(self._shelf.values())
        for one in shelved:
            one.stop.set()
        for one in shelved:
            if one.thread is not None:
                one.thread.join()

    def cards(self, *, loaded: Callable[[str], bool]) -> tuple[ModelCard, ...]:
        """Every model: those that are here, in the order in which they came; then those of the catalogue."""
        with self._lock:
            here = [self._card(one, loaded=loaded(model)) for model, one in self._shelf.items()]
        absent = [entry for entry in CATALOGUE if self._memory and entry.id not in {card.id for card in here}]
        return (*here, *(entry.card(provider=self._provider) for entry in absent))

    def folders(self) -> tuple[ModelFolder, ...]:
        """The files of every model that is here."""
        with self._lock:
            return tuple(one.folder for one in self._shelf.values() if one.whole)

    def find(self, model: str) -> ModelFolder:
        """The model's files.

        Raises:
            UnknownModel: it is not here.
            NotReady: it is still being downloaded.
        """
        with self._lock:
            one = self._shelf.get(model)
        if one is None or one.state is ModelState.ABSENT:
            raise UnknownModel(f"The model '{model}' is not on this machine.", hint="POST /api/v1/models adds it.")
        if not one.whole:
            raise NotReady(f"The model '{model}' is still being downloaded.", retry_after=10)
        return one.folder

    def add(self, source: str, *, id: str | None = None, layout: str | None = None) -> ModelCard:
        """Add a model; where it has to be downloaded, that begins and goes on in the background.

        Args:
            source: a diffusers folder, a `.safetensors` file, a repository on the hub, or an id of the catalogue.
            id: what to call it; left out, the name of what it comes from.
            layout: of a single file that is not told right: its layout, or a diffusers folder configured like it.

        Raises:
            Conflict: another model is called that already.
            UnknownModel, ModelBroken, Refused, Unreachable: it is not to be had, or nothing that can be drawn with.
        """
        if self._memory is None:
            raise Misconfigured("There is no place to remember models in.", hint="Set SAFELIGHT_HOME.")
        added = self._appraise(source.strip(), id=id, layout=layout)
        with self._lock:
            known = self._shelf.get(added.id)
            if known is not None and known.problem is None:
                raise Conflict(
                    f"There is a model called '{added.id}' already.", hint="Choose another `id`, or remove that one."
                )
            one = self._shelve(added)
            self._lost = [lost for lost in self._lost if lost.id != added.id]
            self._remember()
            self._begin(one)
            return self._card(one, loaded=False)

    def remove(self, model: str) -> None:
        """Forget a model that was added. Its files stay where they are.

        Raises:
            UnknownModel: there is none of that id.
            Refused: it came with the server.
        """
        self.check_added(model)
        with self._lock:
            one = self._shelf.pop(model, None)
            self._lost = [lost for lost in self._lost if lost.id != model]
            self._remember()
        if one is not None:
            one.stop.set()

    def check_added(self, model: str) -> None:
        """Raises what `remove` would raise."""
        with self._lock:
            one = self._shelf.get(model)
            if one is None and not any(lost.id == model for lost in self._lost):
                raise UnknownModel(f"No model '{model[:80]}' is installed.", hint="GET /api/v1/models lists them all.")
        if one is not None and one.added is None:
            raise Refused(
                f"The model '{model}' was not added but set up.", hint="Take its folder out of SAFELIGHT_MODELS."
            )

    def _appraise(self, source: str, *, id: str | None, layout: str | None) -> Added:
        """Look what it is, without fetching anything large."""
        entry = named(source)
        path = Path(source).expanduser()
        if entry is None and (path.exists() or path.is_absolute() or source.endswith(FILES)):
            path = path.absolute()
            layout = layout if layout is None or layout in names() else str(Path(layout).expanduser().absolute())
            name = _name(id or (path.stem if path.suffix in FILES else path.name))
            folder = ModelFolder.open(path, id=name, layout=layout)
            added = Added(id=folder.id, source=source, path=path, layout=layout)
            needed = folder.lacks
            if not needed:
                folder.check()
                return added
            assert folder.layout is not None
            wanted = self._hub().want(folder.layout.hub, parts=needed)
            borrowing = {"borrowed": wanted.folder, "repository": wanted.repository, "parts": needed}
            return added.model_copy(update={**borrowing, "whole": wanted.here})
        repository = entry.source if entry else source
        name = _name(id or (entry.id if entry else repository.rpartition("/")[2]))
        wanted = self._hub().want(repository)
        return Added(id=name, source=repository, path=wanted.folder, repository=repository, whole=wanted.here)

    def _shelve(self, added: Added) -> _Shelved:
        """Put it on the shelf, and see whether all of it is there."""
        folder = ModelFolder.open(
            added.path, id=added.id, layout=added.layout, borrowed=added.borrowed, shelf=self._adapters
        )
        one = _Shelved(folder, folder.card(provider=self._provider, loaded=False), added, whole=added.whole)
        try:
            folder.check()
        except SafelightError:
            if added.repository is None:
                raise
            one.whole = False
        with self._lock:
            self._shelf[added.id] = one
        return one

    def _begin(self, one: _Shelved) -> None:
        """Fetch what is not there, in the background."""
        if not one.whole and one.thread is None and one.added is not None:
            one.thread = threading.Thread(target=self._fetch, args=(one,), name=f"download {one.added.id}", daemon=True)
            one.thread.start()

    def _fetch(self, one: _Shelved) -> None:
        assert one.added is not None and one.added.repository is not None

        def told(done: int, total: int) -> None:
            one.done, one.total = done, total

        try:
            hub = self._hub()
            wanted = _wanted(hub, one.added)
            one.total = wanted.total
            hub.fetch(wanted, told=told, stopped=one.stop.is_set)
            one.folder.check()
            self._arrived(one)
        except SafelightError as error:
            one.problem = f"{error.detail} {error.hint}".strip()
        except OSError as error:
            one.problem = f"It could not be written: {error.strerror or error}."
        if one.problem and not one.stop.is_set():
            log.warning("the download of %s stopped: %s", one.added.id, one.problem)

    def _arrived(self, one: _Shelved) -> None:
        assert one.added is not None
        with self._lock:
            one.card = one.folder.card(provider=self._provider, loaded=False)
            one.added = one.added.model_copy(update={"whole": True})
            one.whole = True
            self._remember()

    def _card(self, one: _Shelved, *, loaded: bool) -> ModelCard:
        card, state = one.card, ModelState.LOADED if loaded else one.state
        if one.added is None:
            return card.model_copy(update={"state": state})
        update: dict[str, object] = {"source": one.added.source, "state": state}
        entry = named(one.added.repository or "") if one.added.borrowed is None else None
        if entry is not None:
            named_itself = one.folder.extra.name is not None
            update |= {"license": entry.license, "description": entry.description, "defaults": entry.defaults}
            update |= {} if named_itself or card.id != entry.id else {"name": entry.name}
        if not one.whole:
            progress = min(1.0, one.done / one.total) if one.total else 0.0
            downloading = one.state is ModelState.DOWNLOADING
            update |= {
                "problem": one.problem,
                "progress": progress if downloading else None,
                "weights_bytes": one.total,
            }
        return card.model_copy(update=update)

    def _remember(self) -> None:
        assert self._memory is not None
        shelved = (one.added for one in self._shelf.values() if one.added is not None)
        write(self._memory, [*self._lost, *shelved])


def _wanted(hub: "Hub", added: Added) -> "Wanted":
    assert added.repository is not None
    return hub.want(added.repository, parts=added.parts) if added.parts is not None else hub.want(added.repository)


def _name(wish: str) -> str:
    if not ID.fullmatch(wish):
        raise InvalidRecipe(
            f"'{wish[:100]}' cannot be a model's id.",
            hint="Use letters, digits, dots, dashes and underscores; begin with a letter or digit.",
            fields={"id": "may have letters, digits, '.', '-' and '_'"},
        )
    return wish


def _the_hub() -> "Hub":
    from safelight.engine.hub import Hub

    return Hub()

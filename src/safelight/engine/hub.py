"""Models from the Hugging Face hub: the files that are needed and no others, into the hub's own cache.

HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE mean here what they mean everywhere.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils._fixes import WeakFileLock
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session

from safelight.domain.errors import Interrupted, ModelBroken, Refused, UnknownModel, Unreachable
from safelight.engine.layout import PARTS, WEIGHTS, parts_of
from safelight.engine.reading import read_json

INDEX = "model_index.json"
SMALL = (".json", ".txt", ".model")
Told = Callable[[int, int], None]
"""Hears how many bytes of how many are there."""


@dataclass(frozen=True)
class Wanted:
    """What a model needs of a repository.

    Attributes:
        commit: the repository's state that the files are taken from.
        folder: where they are, or will be.
        files: the large ones, with their sizes in bytes; the small ones are there.
    """

    repository: str
    commit: str
    folder: Path
    files: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(size for _, size in self.files)

    @property
    def here(self) -> bool:
        """Whether there is nothing left to fetch."""
        return all((self.folder / name).exists() for name, _ in self.files)


class Hub:
    """The hub, or a server that speaks as it does.

    Args:
        endpoint, token, cache, offline: left out, what the environment says.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        cache: Path | None = None,
        offline: bool | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._token = token
        self._cache = cache or Path(constants.HF_HUB_CACHE)
        self._offline = constants.is_offline_mode() if offline is None else offline

    def want(self, repository: str, *, parts: Sequence[str] = PARTS) -> Wanted:
        """Look what there is, and fetch the small files: after that the model can be looked at.

        Args:
            parts: of the pipeline, where not all of it is needed.

        Raises:
            UnknownModel: there is no such repository.
            ModelBroken: it holds no diffusers model, or only pickles of one.
            Refused: its owner has to allow it first.
            Unreachable: the hub does not answer, or may not be asked.
        """
        with _explained(repository):
            if self._offline:
                return self._cached(repository, parts)
            info = HfApi(endpoint=self._endpoint, token=self._token).model_info(repository, files_metadata=True)
            sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
            if INDEX not in sizes:
                raise _no_pipeline(repository)
            # Asked for by its branch, it is found again offline.
            folder = self._small(repository, INDEX, "main").parent
            commit = folder.name
            needed = choose(repository, parts_of(read_json(folder / INDEX)), sizes, parts)
            for name in needed:
                if name.endswith(SMALL):
                    self._small(repository, name, commit)
            large = tuple((name, sizes[name]) for name in needed if not name.endswith(SMALL))
            return Wanted(repository, commit, folder, large)

    def fetch(self, wanted: Wanted, *, told: Told, stopped: Callable[[], bool]) -> None:
        """Fetch the large files; what an earlier attempt left is gone on from.

        Raises:
            Interrupted: `stopped` said so.
            ModelBroken: what arrived is not what the hub has.
            Refused, Unreachable: as `want`.
        """
        before = 0
        with _explained(wanted.repository):
            for name, size in wanted.files:
                if not (wanted.folder / name).exists():
                    self._large(wanted, name, told=lambda done, b=before: told(b + done, wanted.total), stopped=stopped)  # type: ignore[misc]
                before += size
                told(before, wanted.total)

    def _small(self, repository: str, name: str, commit: str) -> Path:
        path = hf_hub_download(
            repository, name, revision=commit, cache_dir=self._cache, endpoint=self._endpoint, token=self._token
        )
        return Path(path)

    def _large(self, wanted: Wanted, name: str, *, told: Callable[[int], None], stopped: Callable[[], bool]) -> None:
        """huggingface_hub begins a file anew when the process does; a file of gigabytes is worth going on with."""
        url = hf_hub_url(wanted.repository, name, revision=wanted.commit, endpoint=self._endpoint)
        about = get_hf_file_metadata(url, token=self._token, endpoint=self._endpoint)
        blobs = self._cache / repo_folder_name(repo_id=wanted.repository, repo_type="model") / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        blob, begun = blobs / str(about.etag), blobs / f"{about.etag}.safelight"
        with WeakFileLock(begun.with_suffix(".lock")):
            if not blob.exists():
                self._stream(url, begun, size=about.size or 0, told=told, stopped=stopped)
                _check(begun, size=about.size, etag=str(about.etag))
                begun.rename(blob)
        # Finds the blob, and puts it in its place.
        self._small(wanted.repository, name, wanted.commit)

    def _stream(
        self, url: str, path: Path, *, size: int, told: Callable[[int], None], stopped: Callable[[], bool]
    ) -> None:
        done = path.stat().st_size if path.exists() else 0
        if done >= size > 0:
            return
        headers = {**build_hf_headers(token=self._token), "Accept-Encoding": "identity"}
        if done:
            headers["Range"] = f"bytes={done}-"
        with get_session().stream("GET", url, headers=headers, follow_redirects=True) as answer:
            if answer.status_code != 206:
                done = 0
            answer.raise_for_status()
            with path.open("ab" if done else "wb") as file:
                for chunk in answer.iter_bytes():
                    if stopped():
                        raise Interrupted("The download was stopped.", hint="Add the model again to go on with it.")
                    file.write(chunk)
                    done += len(chunk)
                    told(done)

    def _cached(self, repository: str, parts: Sequence[str]) -> Wanted:
        folder = Path(snapshot_download(repository, cache_dir=self._cache, local_files_only=True))
        if not (folder / INDEX).exists():
            raise _no_pipeline(repository)
        names = {str(file.relative_to(folder)): 0 for file in folder.rglob("*") if file.is_file()}
        choose(repository, parts_of(read_json(folder / INDEX)), names, parts)
        return Wanted(repository, folder.name, folder, ())


def choose(
    repository: str, pipeline: Iterable[str], names: Iterable[str], parts: Sequence[str] = PARTS
) -> tuple[str, ...]:
    """The files that a model needs, of all that a repository has: configurations, vocabularies and safetensors, in half
    precision where a part has them.

    Args:
        pipeline: the parts that the model has.
        parts: those that are asked for.

    Raises:
        ModelBroken: a part has no safetensors.
    """
    names = sorted(names)
    needed = [name for name in (INDEX, "safelight.json") if name in names]
    for part in (part for part in pipeline if part in parts):
        own = [name for name in names if os.path.dirname(name) == part]
        needed += [name for name in own if name.endswith(SMALL) and ".index." not in name]
        if part in WEIGHTS:
            needed += _weights(repository, part, own)
    return tuple(needed)


def _weights(repository: str, part: str, names: Sequence[str]) -> list[str]:
    for variant in (".fp16", ""):
        found = [name for name in names if name.endswith(".safetensors") and (".fp16" in name) == bool(variant)]
        # Beside a whole file there may be the same one in pieces, and the other way round.
        whole = [name for name in found if "-of-" not in name]
        if whole:
            return whole[:1]
        if found:
            index = [name for name in names if name.endswith(f".safetensors.index{variant}.json")]
            return [*index, *found]
    pickles = any(name.endswith((".bin", ".ckpt", ".pt")) for name in names)
    raise ModelBroken(
        f"{repository} has its {part} {'only as a pickle' if pickles else 'nowhere'}; Safelight reads safetensors.",
        hint="A pickle can run any program on the machine that opens it. Look for another copy of the model.",
    )


def _check(path: Path, *, size: int | None, etag: str) -> None:
    """Large files are named after their SHA-256."""
    actual = path.stat().st_size
    whole = size in (None, actual)
    if whole and len(etag) == 64:
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == etag
    if not whole and actual < (size or 0):
        raise Unreachable("The hub closed the connection before the file was whole.", hint="It is gone on with.")
    if not whole:
        path.unlink()
        raise ModelBroken("What the hub sent is not the file it promised.", hint="Add the model again.")


def _no_pipeline(repository: str) -> ModelBroken:
    return ModelBroken(
        f"{repository} holds no diffusers model: it has no {INDEX}.",
        hint="Download its .safetensors file yourself and add that, or look for a repository in diffusers' layout.",
    )


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """What the hub's client raises, in the words of the house."""
    try:
        yield
    except GatedRepoError as error:
        raise Refused(
            f"The owner of {repository} has to let you have it first.",
            hint="Accept the licence on its page on the hub, then set HF_TOKEN to a token of your account.",
        ) from error
    except RepositoryNotFoundError as error:
        raise UnknownModel(
            f"The hub has no repository '{repository[:100]}', or not for you.",
            hint="Look at the spelling: owner/name. For a private one set HF_TOKEN.",
        ) from error
    except HFValidationError as error:
        raise UnknownModel(
            f"'{repository[:100]}' is neither a file or folder here nor the name of a repository.",
            hint="Write a path, or owner/name as on the Hugging Face hub.",
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise Unreachable(
            f"{repository} is not in the cache, and the hub cannot be asked.",
            hint=f"Where it can be reached, run: hf download {repository}; then copy the cache over, or unset "
            "HF_HUB_OFFLINE.",
            retry_after=60,
        ) from error
    except (HfHubHTTPError, EntryNotFoundError, httpx2.HTTPError) as error:
        raise Unreachable(
            f"The hub did not send {repository}: {str(error).splitlines()[0][:200]}.",
            hint="Try again; HF_ENDPOINT names another server that has it.",
            retry_after=30,
        ) from error

"""Signing pictures with C2PA content credentials. With `reading`, the only module that knows c2pa.

Nothing of a prompt goes into what is signed beside the file: only what was done, with which model, and to which images.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from safelight import __version__
from safelight.domain.recipe import Recipe
from safelight.store.metadata import stripped
from safelight.store.provenance.chain import Chain
from safelight.store.provenance.presence import manifest_bytes, media_type_of, signed

log = logging.getLogger(__name__)

QUIET: dict[str, Any] = {
    # A thumbnail would make every file up to two megabytes larger. What is only read never sends for anything.
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False, "verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
}
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
KINDS = frozenset({"image/png", "image/jpeg", "image/webp"})
HISTORY_LIMIT = 256 * 1024
"""Bytes of an ingredient's own credentials that are taken along: each holds those of all before it."""
REST_S = 60.0
"""After a timestamp authority has failed, pictures are signed without it for so long: it may take 30 seconds to."""


@dataclass(kw_only=True)
class Signing:
    """Signs with one certificate. Its methods take milliseconds, and with a timestamp authority seconds: for a thread.

    Args:
        timestamps: address of a timestamp authority.
    """

    chain: Chain
    timestamps: str | None = None
    _rests_until: float = field(default=0.0, init=False, repr=False)

    def drawn(self, data: bytes, media_type: str, recipe: Recipe | None, *, inputs: Sequence[bytes] = ()) -> bytes:
        """A picture that a model has drawn, signed as that; as it is, where it cannot be signed.

        Args:
            recipe: what it was drawn by; None where that shall not be told.
            inputs: files of the images that it was drawn from.
        """
        ingredients = [_ingredient(f"image-{index}", "inputTo") for index in range(len(inputs))]
        mixed = recipe is not None and (recipe.mask is not None or recipe.outpaint is not None)
        action: dict[str, Any] = {
            "action": "c2pa.created",
            "digitalSourceType": SOURCE_TYPES + (COMPOSITE if mixed else GENERATED),
            "softwareAgent": {"name": (recipe and recipe.model) or "Safelight"},
        }
        if inputs:
            action["parameters"] = {"ingredientIds": [one["label"] for one in ingredients]}
        return self._signed(data, media_type, [action], list(zip(ingredients, inputs, strict=True)))

    def bared(self, data: bytes, media_type: str, *, before: bytes) -> bytes:
        """A signed picture without its texts, with its history; as it is, where it cannot be signed.

        Args:
            data: it without its texts.
            before: it with its texts and its credentials.
        """
        parent = _ingredient("parent", "parentOf")
        ids = {"parameters": {"ingredientIds": [parent["label"]]}}
        actions = [{"action": "c2pa.opened", **ids}, {"action": "c2pa.edited.metadata", **ids}]
        return self._signed(data, media_type, actions, [(parent, before)])

    def _signed(
        self,
        data: bytes,
        media_type: str,
        actions: list[dict[str, Any]],
        ingredients: Sequence[tuple[dict[str, str], bytes]],
    ) -> bytes:
        from c2pa import C2paError

        if media_type not in KINDS or not self.chain.holds:
            return data
        manifest = {
            "claim_generator_info": [{"name": "Safelight", "version": __version__}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
        }
        try:
            if self.timestamps is not None and time.monotonic() >= self._rests_until:
                try:
                    return self._sign(data, media_type, manifest, ingredients, self.timestamps)
                except C2paError as error:
                    self._rests_until = time.monotonic() + REST_S
                    log.warning("the timestamp authority failed, so that pictures are signed without it: %s", error)
            return self._sign(data, media_type, manifest, ingredients, None)
        except C2paError as error:
            # A picture without credentials is worth more than none.
            log.error("a picture could not be signed: %s", error)
            return data

    def _sign(
        self,
        data: bytes,
        media_type: str,
        manifest: dict[str, Any],
        ingredients: Sequence[tuple[dict[str, str], bytes]],
        timestamps: str | None,
    ) -> bytes:
        from c2pa import Builder, C2paSignerInfo, Context, Settings, Signer

        chain, out = self.chain, BytesIO()
        info = C2paSignerInfo(
            alg=chain.algorithm, sign_cert=chain.certificates, private_key=chain.key, ta_url=timestamps
        )
        with (
            Settings.from_dict(QUIET) as settings,
            Context(settings) as context,
            Builder(manifest, context) as builder,
            Signer.from_info(info) as signer,
        ):
            for told, file in ingredients:
                _add(builder, told, file)
            builder.sign(signer, media_type, BytesIO(data), out)
        return out.getvalue()


def _ingredient(label: str, relationship: str) -> dict[str, str]:
    return {"title": label, "label": label, "relationship": relationship}


def _add(builder: Any, told: dict[str, str], file: bytes) -> None:
    """An ingredient, with its own credentials where they can be read and are not too many."""
    from c2pa import C2paError

    kind = media_type_of(file)
    if kind is None:
        return
    bare = stripped(file, kind)
    if signed(file, kind) and manifest_bytes(file, kind) <= HISTORY_LIMIT:
        try:
            builder.add_ingredient(told, kind, BytesIO(file))
        except C2paError as error:
            log.info("an ingredient's credentials cannot be taken along: %s", error)
        else:
            return
    builder.add_ingredient(told, kind, BytesIO(bare))

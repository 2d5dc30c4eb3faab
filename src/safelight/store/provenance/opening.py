"""Content credentials and marks as the settings wish them."""

import logging

from safelight.domain.errors import Misconfigured
from safelight.store.finish import Finish
from safelight.store.provenance.chain import Chain, found_own, own_chain, read_chain
from safelight.store.provenance.reading import installed
from safelight.store.provenance.settings import ProvenanceSettings, Signs
from safelight.store.provenance.signing import Signing

log = logging.getLogger(__name__)


def make_finish(settings: ProvenanceSettings) -> Finish:
    """What is done to pictures. At the first start a certificate is made.

    Raises:
        Misconfigured: it cannot be signed with what is set up.
    """
    signing = None
    if signs(settings):
        if (chain := _named(settings)) is None:
            chain = own_chain(settings.home / "credentials")
        if not chain.holds:
            log.error("the certificate of %s does not hold any more: pictures are not signed", chain.signer)
        signing = Signing(chain=chain, timestamps=settings.credentials_timestamps)
    return Finish(
        signing=signing, anchors=anchors(settings), invisible=settings.watermark, visible=settings.visible_mark
    )


def signs(settings: ProvenanceSettings) -> bool:
    """Whether pictures are to be signed.

    Raises:
        Misconfigured: they are, and it is not installed what that takes.
    """
    if settings.content_credentials is Signs.ON and not installed():
        raise Misconfigured(
            "SAFELIGHT_CONTENT_CREDENTIALS=on needs something that is not installed.",
            hint="pip install -c constraints.txt 'safelight[provenance]'",
        )
    return settings.content_credentials is not Signs.OFF and installed()


def current_chain(settings: ProvenanceSettings) -> Chain | None:
    """What is signed with, without making anything; None where there is none yet. Raises Misconfigured."""
    return _named(settings) or found_own(settings.home / "credentials")


def anchors(settings: ProvenanceSettings) -> bytes:
    """Certificates that are trusted: our own, and those that the settings name. Raises Misconfigured."""
    own = found_own(settings.home / "credentials") if installed() else None
    trusted = b"" if own is None else own.anchors
    if (path := settings.credentials_anchors) is not None:
        try:
            trusted += path.read_bytes()
        except OSError as error:
            raise Misconfigured(
                f"The certificates that SAFELIGHT_CREDENTIALS_ANCHORS names cannot be read: {error.strerror}.",
                hint=f"There should be certificates in PEM in {path}.",
            ) from error
    return trusted


def _named(settings: ProvenanceSettings) -> Chain | None:
    """What the settings name. Raises Misconfigured."""
    if settings.credentials_chain is None or settings.credentials_key is None:
        return None
    return read_chain(settings.credentials_chain, settings.credentials_key)

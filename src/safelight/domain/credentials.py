"""Content credentials: what a file says about where it comes from, and whether that holds."""

from datetime import datetime
from enum import StrEnum

from safelight.domain.frozen import Frozen


class Metadata(StrEnum):
    """What goes along with the pixels of a file that is handed out."""

    KEEP = "keep"
    """Everything: the file as it is kept, byte for byte."""
    STRIP = "strip"
    """Nothing but pixels and colours."""
    CREDENTIALS = "credentials"
    """Content credentials, where this server signs any; no recipe, no prompt."""


class Holds(StrEnum):
    """Whether content credentials hold."""

    ABSENT = "absent"
    """The file has none."""
    VALID = "valid"
    """Signed, and not changed since."""
    INVALID = "invalid"
    """Changed since it was signed, or not signed as it should be; `problems` says what is wrong."""


class Ingredient(Frozen):
    """Something that went into a picture, and had credentials of its own or not."""

    title: str
    relationship: str
    credentials: bool


class Objection(Frozen):
    """What a validator objects to, with the code that the C2PA specification has for it."""

    code: str
    explanation: str


class Credentials(Frozen):
    """What a C2PA validator says of a file."""

    state: Holds
    trusted: bool = False
    """Whether the certificate leads to one that this server trusts: its own, or one of `credentials_anchors`."""
    issuer: str | None = None
    """Organisation that the certificate was issued by."""
    signer: str | None = None
    """Name in the certificate."""
    generator: str | None = None
    """Program that signed."""
    signed_at: datetime | None = None
    """By a timestamp authority; None where none was asked."""
    actions: tuple[str, ...] = ()
    """What was done, such as `c2pa.created`."""
    source_types: tuple[str, ...] = ()
    """How it came about, such as `trainedAlgorithmicMedia`: made by a generative model."""
    software: tuple[str, ...] = ()
    """What it was done with, such as the model."""
    ingredients: tuple[Ingredient, ...] = ()
    problems: tuple[Objection, ...] = ()

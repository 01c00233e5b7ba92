"""Every way in which an attestation or a status list can fail, each with one reason code."""

from __future__ import annotations

from enum import StrEnum


class Flaw(StrEnum):
    """The reason codes. Safe to log, to store and to answer with: they hold nothing of the document."""

    MALFORMED = "malformed"  # a member is missing, or is not of its form
    CONTEXT = "context"  # not exactly the contexts of the profile
    TYPE = "type"
    ISSUER_FOREIGN = "issuer-foreign"  # issued by another instance than expected
    ISSUER_KEY = "issuer-key"  # the proof names a key that is not the issuer's
    PROOF = "proof"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    TOO_LONG = "too-long"  # valid for longer than the profile allows

    AUDIENCE = "audience"  # meant for another group, or not for this instance
    NONCE = "nonce"
    SUBJECT = "subject"  # about somebody else
    SUBJECT_FOREIGN = "subject-foreign"  # about somebody who is not a member of the issuer
    SUBJECT_KEY = "subject-key"
    HANDLE = "handle"  # a name at another host than the subject's
    LEVEL = "level"  # below what the group asks for
    PROFESSION = "profession"  # the group does not admit it
    STATUS_MISSING = "status-missing"  # not one entry for revocation and one for suspension
    STATUS_FOREIGN = "status-foreign"  # the list lies at another origin than the issuer

    LIST_FOREIGN = "list-foreign"  # the document is another list than the one asked for
    LIST_PURPOSE = "list-purpose"
    LIST_VERSION = "list-version"  # older than one that was seen
    LIST_ENCODING = "list-encoding"
    LIST_SIZE = "list-size"  # fewer entries than the standard's minimum, or more than will be unpacked

    REVOKED = "revoked"
    SUSPENDED = "suspended"

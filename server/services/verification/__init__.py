"""Who is what, and who says so: verifications of members here, attestations made of them and received.

Of a member here (`standing`; each change is an audit entry)::

    request(unit, account, Claim, document_digest=None)   a member asks
    grant(unit, by, verification_id, Decision)             one person agrees; from P3 on it waits for a second
    second(unit, by, verification_id)                      another person agrees
    refuse(unit, by, verification_id, reason)              revoke(unit, by, verification_id, reason)
    record(unit, by, account, Claim, Decision)             request and grant in one, for commands
    current(unit, account) -> Verification | None          what holds now

Made here (`attestations`, `lists`)::

    mint_for(unit, account, group, hosts, nonce, join_uri=None) -> Attestation   raises Invalid where nothing holds
    ending(unit, within) -> [Attestation]                  to be minted anew
    signed(unit, n) -> bytes                               a status list of ours, for GET /status/{n}

Received (`received`)::

    judge_join(unit, document, *, subject, subject_key, issuer_key, group, join_uri, minimum_level=0, professions=())
        -> Attestation | Flaw                              stores the row, or says what is wrong
    judge_member(unit, document, *, subject, known, issuer_key, group, now, introduce) -> Attestation | Flaw
                                                           of an author in a group elsewhere
    hinted(unit, origin)                                   a peer's hint: its lists are fetched with the next look
    reason_of(flaw) -> groups.Reason                       the word for the answer to a request
    lists_due(unit) -> [WantedList]    arrived(unit, list_id, document)    what the hourly look fetches and brings
    silent(unit)                                           issuers without a valid list for a day, and since when

`keep(unit)` ends what has had its time: a job calls it every minute.

Whenever an attestation, ours or received, holds no longer or holds again, its row changes and
`EventKind.ATTESTATION_CHANGED` (attestation_id) happens in the same transaction: memberships follow from that. It refuses
to decide anything about a membership itself, and it fetches nothing.
"""

from federation.credentials.flaw import Flaw
from server.services.verification.attestations import ending, mint_for
from server.services.verification.keeping import keep
from server.services.verification.lists import sign_again as sign_lists_again
from server.services.verification.lists import signed
from server.services.verification.reasons import reason_of
from server.services.verification.received import (
    WantedList,
    arrived,
    hinted,
    judge_join,
    judge_member,
    silent,
)
from server.services.verification.received import due as lists_due
from server.services.verification.standing import (
    DOCUMENT,
    KEEP_DOCUMENT,
    SECONDED,
    Claim,
    Decision,
    check_claim,
    current,
    document_erased,
    document_of,
    documents_due,
    fit,
    get,
    grant,
    listed,
    number,
    of_account,
    record,
    refuse,
    request,
    revoke,
    second,
    waiting,
)

__all__ = [
    "DOCUMENT",
    "KEEP_DOCUMENT",
    "SECONDED",
    "Claim",
    "Decision",
    "Flaw",
    "WantedList",
    "arrived",
    "check_claim",
    "current",
    "document_erased",
    "document_of",
    "documents_due",
    "ending",
    "fit",
    "get",
    "grant",
    "hinted",
    "judge_join",
    "judge_member",
    "keep",
    "listed",
    "lists_due",
    "mint_for",
    "number",
    "of_account",
    "reason_of",
    "record",
    "refuse",
    "request",
    "revoke",
    "second",
    "sign_lists_again",
    "signed",
    "silent",
    "waiting",
]

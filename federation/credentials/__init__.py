"""What one instance says about the standing of its members, and whether it still says so.

`flaw` names every way in which such a document can fail, `reading` takes remote documents apart, `attestation` mints and
judges the `ProfessionalAttestation` of the profile `members-only/1` (Verifiable Credentials 2.0, `eddsa-jcs-2022`),
`status` the lists by which attestations are revoked and suspended (Bitstring Status List 1.0).

Nothing is fetched and nothing is remembered here; keys and the time are handed in. No remote document makes it raise.
"""

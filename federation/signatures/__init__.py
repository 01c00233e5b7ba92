"""Digests, HTTP signatures of both schemes, and integrity proofs on documents."""

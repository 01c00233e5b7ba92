"""The federation protocol, usable by any host.

ActivityPub documents, signatures, discovery, verified inbound and retried outbound. It knows no database,
no settings and no web framework; what it needs of a host it takes through `federation.ports`. It refuses to
fetch a JSON-LD context, to believe a Linked Data Signature, and to dial an address that was not checked.
"""

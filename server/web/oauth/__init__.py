"""OAuth 2.0 for apps: registration, the consent page, tokens, metadata."""

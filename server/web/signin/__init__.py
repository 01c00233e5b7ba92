"""Signing in, joining by a one-time link, and getting back in."""

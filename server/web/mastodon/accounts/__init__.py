"""Accounts: shown, found, changed, and how one account relates to another."""

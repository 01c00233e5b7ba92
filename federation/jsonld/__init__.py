"""Contexts, frozen: documents are brought to one shape without fetching anything."""

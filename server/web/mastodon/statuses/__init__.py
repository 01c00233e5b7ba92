"""Statuses: made, shown, edited, deleted, and what people do with them."""

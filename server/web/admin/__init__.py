"""Pages for the staff of an instance."""

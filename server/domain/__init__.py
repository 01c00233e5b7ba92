"""Records, enums and decision types that every layer may import. Frozen, free of SQL, HTTP and settings."""

"""Posts: published and edited here, received from elsewhere, shown to whom may see them, deleted."""

"""The client API of Mastodon, for unmodified apps: one module per noun, entities, and their rendering."""

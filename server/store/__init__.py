"""Rows: the units of work, the tables, and the queries under the services' nouns. SQLAlchemy lives here alone."""

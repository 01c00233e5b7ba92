"""The words of posts, folded, and the index over them: FTS5 on SQLite, a GIN index over a tsvector on PostgreSQL.

Both engines are handed the same words, one space between them, so that they find the same. Triggers keep FTS5 in step,
also where a row goes because its post went.
"""

from __future__ import annotations

from sqlalchemy import DDL, Column, ExecutableDDLElement, ForeignKey, Table, Text, event

from server.store.tables.types import Id, metadata

INDEX = "post_words_index"

post_words = Table(
    "post_words",
    metadata,
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)

SQLITE = (
    """CREATE VIRTUAL TABLE post_words_index USING fts5
    (words, content='post_words', content_rowid='post_id', tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER post_words_added AFTER INSERT ON post_words BEGIN
    INSERT INTO post_words_index (rowid, words) VALUES (new.post_id, new.words); END""",
    """CREATE TRIGGER post_words_gone AFTER DELETE ON post_words BEGIN
    INSERT INTO post_words_index (post_words_index, rowid, words)
    VALUES ('delete', old.post_id, old.words); END""",
    """CREATE TRIGGER post_words_changed AFTER UPDATE ON post_words BEGIN
    INSERT INTO post_words_index (post_words_index, rowid, words)
    VALUES ('delete', old.post_id, old.words);
    INSERT INTO post_words_index (rowid, words) VALUES (new.post_id, new.words); END""",
)
POSTGRESQL = (
    "CREATE INDEX post_words_index ON post_words USING gin (array_to_tsvector(string_to_array(words, ' ')))",
)

for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        ddl: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(post_words, "after_create", ddl.execute_if(dialect=_dialect))


def is_index(name: str | None) -> bool:
    """Whether a table or index is the engine's own: not among the tables that SQLAlchemy knows."""
    return name is not None and name.startswith(INDEX)

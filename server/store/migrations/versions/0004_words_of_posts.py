"""The words of posts can be searched."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 500
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


def upgrade() -> None:
    op.create_table(
        "post_words",
        sa.Column("post_id", ID, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_words_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_words")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    _fill()


def _fill() -> None:
    """Without choices and descriptions, which come with the next edit."""
    connection = op.get_bind()
    last = 0
    while True:
        rows = connection.execute(
            sa.text(
                "SELECT id, title, summary, content FROM post"
                " WHERE id > :last AND boost_of_id IS NULL ORDER BY id LIMIT :most"
            ),
            {"last": last, "most": AT_ONCE},
        ).all()
        if not rows:
            return
        connection.execute(
            sa.text("INSERT INTO post_words (post_id, words) VALUES (:post_id, :words)"),
            [
                {"post_id": row.id, "words": _words(f"{row.title} {row.summary} {_text(row.content)}")}
                for row in rows
            ],
        )
        last = rows[-1].id


def _text(html: str) -> str:
    return unescape(re.sub(r"</?(?:span|a|b|i|em|strong)\b[^>]*>", "", html).replace("<", " <"))


def _words(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", re.sub(r"<[^>]*>", " ", text).casefold())
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", plain))[:50_000]


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("added", "gone", "changed"):
            op.execute(f"DROP TRIGGER post_words_{trigger}")
        op.execute("DROP TABLE post_words_index")
    op.drop_table("post_words")

"""People who sign in: users, how they prove who they are, invitations, sessions, apps and tokens."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from server.store.tables.types import Id, Json, Moment, metadata, then_by_id

user = Table(
    "user",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(255), nullable=False, unique=True),  # folded
    Column("password_hash", Text),  # argon2id; none until set
    Column("role", String(16), nullable=False),  # domain.users.Role
    Column("language", String(16)),
    Column("timezone", String(64)),
    Column("quiet_from", String(5)),  # 22:00, by the member's clock: no push messages from then
    Column("quiet_until", String(5)),
    Column(
        "account_id", Id, ForeignKey("account.id"), nullable=False, index=True
    ),  # the account signed in with
    Column("created_at", Moment, nullable=False),
    Column("accepted_terms_at", Moment),
    Column("disabled_at", Moment),
    Column("last_seen_at", Moment),
    Column("leaves_at", Moment),  # planned: the login is closed then
)

user_account = Table(
    "user_account",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # totp | passkey
    Column("name", Text, nullable=False),
    Column("secret_sealed", LargeBinary),  # totp
    Column("credential_id", LargeBinary, unique=True),  # passkey
    Column("public_key", LargeBinary),
    Column("sign_count", BigInteger, nullable=False, server_default="0"),
    Column("last_step", BigInteger, nullable=False, server_default="0"),  # totp: a code counts once
    Column("confirmed_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
    Column("used_at", Moment),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("purpose", String(16), nullable=False),  # domain.users.Purpose
    Column("email", String(255), nullable=False, server_default=""),
    Column("role", String(16), nullable=False, server_default="member"),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE")),  # reset, email: whose
    Column("created_by", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

web_session = Table(
    "web_session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("stage", String(16), nullable=False),  # password (second factor missing) | full
    Column("agent", Text, nullable=False),
    Column("address", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("factor_at", Moment),  # when a second factor was last given
    Column("data", Json, nullable=False),  # challenges in progress, notices for the next page
)

signin_attempt = Table(
    "signin_attempt",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of what is tried: a login, a session's second factor
    Column("failures", Integer, nullable=False),
    Column("window_at", Moment, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of a challenge that counts once
    Column("until", Moment, nullable=False, index=True),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", String(255), nullable=False),
    Column("kind", String(32), nullable=False),  # domain.signin.MailKind: chooses the sentences
    Column("language", String(16), nullable=False),
    Column("link_sealed", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sent_at", Moment),
)

oauth_app = Table(
    "oauth_app",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("client_secret_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Json, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("blocked_at", Moment),
)

oauth_code = Table(
    "oauth_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("app_id", Id, ForeignKey("oauth_app.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("challenge", String(128)),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("token_id", Id),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("app_id", Id, ForeignKey("oauth_app.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), index=True),  # none: the app's own token
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), index=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

marker = Table(
    "marker",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("timeline", String(16), primary_key=True),
    Column("last_read_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("from_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("post_id", Id, ForeignKey("post.id", ondelete="CASCADE"), index=True),
    Column("cause", String(128), nullable=False),  # natural key: one cause, one notification
    Column("created_at", Moment, nullable=False),
    Column("dismissed", Boolean, nullable=False, server_default=text("false")),
    Column("filtered", Boolean, nullable=False, server_default=text("false")),  # waits with a request
    UniqueConstraint("account_id", "cause"),
    *then_by_id("notification", "account_id"),
)

notification_policy = Table(
    "notification_policy",
    metadata,
    # how each kind of sender is treated, by the words of domain.notifications
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("not_following", String(8), nullable=False),
    Column("not_followers", String(8), nullable=False),
    Column("new_accounts", String(8), nullable=False),
    Column("private_mentions", String(8), nullable=False),
    Column("limited_accounts", String(8), nullable=False),
)

notification_request = Table(
    "notification_request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("from_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("account_id", "from_id"),
)

notification_permission = Table(
    "notification_permission",
    metadata,
    # whose notifications a member let in, whatever the policy says
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("from_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True),
)

push_subscription = Table(
    "push_subscription",
    metadata,
    # where a device is told of notifications; ends with its token
    Column("token_id", Id, ForeignKey("oauth_token.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),  # endpoint, keys of the device, its token
    Column("standard", Boolean, nullable=False),  # RFC 8291, or the draft before it
    Column("alerts", Json, nullable=False),  # {"mention": true, …}
    Column("policy", String(8), nullable=False),  # domain.push.PushPolicy
    Column("created_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # since it last worked
    Column("retry_at", Moment),  # not before, where it failed
)

push_message = Table(
    "push_message",
    metadata,
    # a notification that a device still has to be told of
    Column("token_id", Id, ForeignKey("push_subscription.token_id", ondelete="CASCADE"), primary_key=True),
    Column(
        "notification_id",
        Id,
        ForeignKey("notification.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),
)

"""Backups of an instance: its database, its media, a manifest with the digest of every file; and the way back.

The secret that seals the private keys is left out, or sealed with a passphrase: who finds a backup alone finds nothing
to sign with. Where recipients are set, nothing of it is readable without the identity of one. Restoring refuses what is not whole, another instance's, a newer schema's or another secret's, and every
place that is not empty: then nothing was changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from server import __version__
from server.core.clock import Clock
from server.core.context import Context
from server.core.envelopes import Identities, Recipients
from server.core.errors import Conflict, Invalid, Overloaded
from server.core.files import digest_of, names_in, sync, sync_folder
from server.core.ids import Ids
from server.core.secrets import (
    Sealer,
    load_or_create_secret,
    open_with_passphrase,
    seal_with_passphrase,
    store_secret,
)
from server.core.settings import Settings
from server.domain.backups import Engine, Manifest
from server.services import register, sealed_backups
from server.store import backups as rows
from server.store import meta, schema
from server.store.session import Database

SQLITE_NAME = "consilium.sqlite"
DUMP_NAME = "database.dump"
SECRET_NAME = "secret.sealed"  # noqa: S105  a file's name
MANIFEST = "manifest.json"
MEDIA = "media"
PREFIX = "consilium-"
UNFINISHED = "unfinished"
"""The folder where the vault writes media before they have their name."""
STAGE = "restoring"
OPENED = "opening"
COPIED = "backing-up"
"""The folder for the copy of the database until it is encrypted: beside the database, which is as readable."""
MADE = "backup.made_at"
"""In `meta`: when the last backup was finished."""


@dataclass(frozen=True, slots=True)
class Saved:
    """damaged: media that are not what their name says; they were damaged before. noted: false where the database was too busy for it."""

    folder: Path
    manifest: Manifest
    damaged: tuple[str, ...]
    noted: bool


# -- saving ----------------------------------------------------------------------------------------------


def save(database: Database, folder: Path, *, keep: int | None = None, passphrase: str = "") -> Saved:
    """Writes FOLDER/consilium-<time>/ while the instance runs; a crash leaves no half backup under that name.

    keep: how many backups stay. passphrase: seals the secret into it. Raises Invalid, Conflict.
    """
    settings = database.context.settings
    made_at = database.context.clock.now()
    if not schema.revision(database):
        raise Invalid("There is no instance in %(name)s yet", name=str(settings.data_dir))
    target = folder / f"{PREFIX}{made_at:%Y%m%dT%H%M%SZ}"
    if target.exists():
        raise Conflict("%(name)s exists already", name=str(target))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f".{target.name}.{UNFINISHED}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    earlier = next(iter(list_backups(folder)[-1:]), None)
    recipients = Recipients(settings.backup_recipient_words)
    copied = settings.data_dir / COPIED if recipients.words else unfinished
    try:
        engine = Engine.SQLITE if database.is_sqlite else Engine.POSTGRESQL
        if recipients.words:
            shutil.rmtree(copied, ignore_errors=True)
            copied.mkdir(mode=0o700)
        # the database first: a picture that comes later is one too many, never one too few
        counted = rows.save(database, copied / _copy_of(engine))
        if passphrase:
            sealed = seal_with_passphrase(passphrase, load_or_create_secret(settings.secret_path))
            (copied / SECRET_NAME).write_bytes(sealed)
        manifest = Manifest(
            made_at=made_at,
            base=settings.base,
            version=__version__,
            schema=schema.revision(database),
            engine=engine,
            rows=counted,
            files={},
            secret=_fingerprint(database.context.sealer),
        )
        if recipients.words:
            manifest = _seal(database, recipients, manifest, copied, unfinished, earlier)
        else:
            manifest = _put(settings.data_dir / MEDIA, manifest, unfinished, earlier)
        sync(unfinished)
        unfinished.rename(target)
        sync_folder(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    finally:
        if copied != unfinished:
            shutil.rmtree(copied, ignore_errors=True)
    for old in list_backups(folder)[:-keep] if keep else []:
        shutil.rmtree(old)
    return Saved(target, manifest, _damaged(manifest), _noted(database, made_at))


def _put(media: Path, manifest: Manifest, target: Path, earlier: Path | None) -> Manifest:
    """The media and the manifest, beside the copy of the database."""
    _copy_media(media, target / MEDIA, None if earlier is None else earlier / MEDIA)
    files = {name: digest_of(target / name) for name in names_in(target)}
    whole = msgspec.structs.replace(manifest, files=files)
    (target / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(whole)) + b"\n")
    return whole


def _seal(
    database: Database,
    recipients: Recipients,
    manifest: Manifest,
    copied: Path,
    target: Path,
    earlier: Path | None,
) -> Manifest:
    """The same, and nothing of it readable."""
    media = database.context.settings.data_dir / MEDIA
    sources = {name: copied / name for name in names_in(copied)}
    sources |= {
        f"{MEDIA}/{name}": media / name for name in names_in(media) if not name.startswith(f"{UNFINISHED}/")
    }
    key = database.context.sealer.derive("names in a backup")
    files, stored = sealed_backups.seal_files(recipients, sources, target, earlier, key)
    whole = msgspec.structs.replace(manifest, files=files, stored=stored)
    sealed_backups.seal_manifest(recipients, whole, target)
    return whole


def _noted(database: Database, made_at: datetime) -> bool:
    """The backup is whole by now: it must not fail for what the staff's first page says of it."""
    try:
        database.run_write(meta.put, MADE, made_at.isoformat())
    except Overloaded:
        return False
    return True


def list_backups(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(one for one in folder.glob(f"{PREFIX}*") if _is_backup(one))


def _is_backup(folder: Path) -> bool:
    return (folder / MANIFEST).exists() or sealed_backups.is_sealed(folder)


def _copy_media(source: Path, target: Path, earlier: Path | None) -> None:
    """Media are named by their digest and never change: what the last backup holds is linked, not copied."""
    target.mkdir(mode=0o700)
    for name in names_in(source):
        if name.startswith(f"{UNFINISHED}/"):
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = earlier / name if earlier is not None else None
        try:
            if before is not None and before.exists() and digest_of(before) == copy.name:
                os.link(before, copy)
            else:
                shutil.copyfile(source / name, copy)
        except FileNotFoundError:
            continue  # deleted this moment


def _damaged(manifest: Manifest) -> tuple[str, ...]:
    return tuple(
        name
        for name, digest in manifest.files.items()
        if name.startswith(f"{MEDIA}/") and Path(name).name != digest
    )


# -- judging ---------------------------------------------------------------------------------------------


def find(folder: Path) -> Path:
    """The backup that a folder is, or the newest of those in it. Raises Invalid."""
    if _is_backup(folder):
        return folder
    held = list_backups(folder)
    if not held:
        raise Invalid("There is no backup in %(name)s", name=str(folder))
    return held[-1]


def check(backup: Path, identities: Identities | None = None) -> Manifest:
    """Proves that a backup is whole: every file by its digest, the database by itself. Raises Invalid.

    An encrypted one is opened with the identities, and nothing of it is kept: its database was judged when it was saved.
    """
    if sealed_backups.is_sealed(backup):
        sealed_backups.prove(backup)
        sealed = sealed_backups.manifest_of(backup, identities)
        assert identities is not None
        sealed_backups.check(backup, sealed, identities)
        return sealed
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        raise Invalid("%(name)s holds no readable manifest", name=str(backup)) from None
    present = set(names_in(backup)) - {MANIFEST}
    if missing := sorted(set(manifest.files) - present):
        raise Invalid(
            "The backup lacks %(count)s of its files, %(name)s among them",
            count=len(missing),
            name=missing[0],
        )
    if strange := sorted(present - set(manifest.files)):
        raise Invalid("%(name)s does not belong to this backup", name=strange[0])
    for name, digest in manifest.files.items():
        if digest_of(backup / name) != digest:
            raise Invalid("%(name)s is damaged: it is not what was backed up", name=name)
    if _copy_of(manifest.engine) not in manifest.files:
        raise Invalid("%(name)s holds no database", name=str(backup))
    if manifest.engine is Engine.SQLITE and rows.judge(backup / SQLITE_NAME) != manifest.rows:
        raise Invalid("The database of this backup does not have the rows that were backed up")
    return manifest


# -- restoring -------------------------------------------------------------------------------------------


def restore(
    backup: Path,
    settings: Settings,
    clock: Clock,
    *,
    passphrase: str = "",
    identities: Identities | None = None,
) -> Manifest:
    """Puts a backup where the settings point, so that the instance can be started. Raises Invalid, Conflict."""
    if not sealed_backups.is_sealed(backup):
        return _restore(backup, settings, clock, passphrase, shutil.copyfile)
    sealed_backups.prove(backup)
    manifest = sealed_backups.manifest_of(backup, identities)
    assert identities is not None
    judge(manifest, settings)
    new, opened = not settings.data_dir.exists(), settings.data_dir / OPENED
    shutil.rmtree(opened, ignore_errors=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened.mkdir(mode=0o700)
    try:
        sealed_backups.unseal(backup, manifest, identities, opened)
        readable = msgspec.structs.replace(manifest, stored={})
        (opened / MANIFEST).write_bytes(msgspec.json.encode(readable))
        return _restore(opened, settings, clock, passphrase, Path.rename)
    finally:
        shutil.rmtree(opened, ignore_errors=True)
        if new and not any(settings.data_dir.iterdir()):
            settings.data_dir.rmdir()


def _restore(
    backup: Path,
    settings: Settings,
    clock: Clock,
    passphrase: str,
    take: Callable[[Path, Path], object],
) -> Manifest:
    """backup: a readable one. take: copies, or moves, a file of it."""
    manifest = check(backup)
    judge(manifest, settings)
    secret = _secret(backup, manifest, settings, passphrase)
    data = settings.data_dir
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    stage = data / STAGE
    stage.mkdir(mode=0o700)
    try:
        for name in manifest.files:
            if name in {SECRET_NAME, DUMP_NAME}:
                continue
            copy = stage / name
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            take(backup / name, copy)
            copy.chmod(0o600)
        staged = settings.model_copy(update={"data_dir": stage})
        database = Database(Context(staged, clock, Ids(clock), Sealer(secret)))
        try:
            if manifest.engine is Engine.POSTGRESQL:
                if not rows.is_empty(database):
                    raise Conflict("The database of CONSILIUM_DATABASE_URL is not empty")
                rows.load(database, backup / DUMP_NAME, manifest.rows)
            database.run_write(meta.put, register.RESTORED, clock.now().isoformat())
            database.run_write(meta.put, register.BACKED_UP, manifest.made_at.isoformat())
        finally:
            database.close()
        sync(stage)
        # the database last: before it is there, nothing has been restored
        for each in sorted(stage.iterdir(), key=lambda one: one.name == SQLITE_NAME):
            each.rename(data / each.name)
        if not settings.secret_path.exists():
            store_secret(settings.secret_path, secret)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    sync_folder(data)
    return manifest


def judge(manifest: Manifest, settings: Settings) -> None:
    """Whether a whole backup may be restored here. Raises Invalid, Conflict."""
    if manifest.base != settings.base:
        raise Conflict(
            "This backup belongs to %(theirs)s; the settings say %(ours)s. The name of an instance cannot change.",
            theirs=manifest.base,
            ours=settings.base,
        )
    if not schema.knows(manifest.schema):
        raise Conflict(
            "This backup has schema %(schema)s, made by Consilium %(version)s, which this version does not know. Install the newer version first.",
            schema=manifest.schema,
            version=manifest.version,
        )
    if (manifest.engine is Engine.POSTGRESQL) is not bool(settings.database_url):
        if settings.database_url:
            raise Conflict(
                "This backup is SQLite's: leave CONSILIUM_DATABASE_URL empty. A backup cannot change the database's kind."
            )
        raise Conflict("This backup is PostgreSQL's: set CONSILIUM_DATABASE_URL to an empty database")
    data = settings.data_dir
    if data.exists() and any(not _may_stand(one, settings) for one in data.iterdir()):
        raise Conflict("%(name)s is not empty: move it away first", name=str(data))


def _may_stand(entry: Path, settings: Settings) -> bool:
    kept = {settings.secret_path.absolute(), settings.purge_register_path.absolute()}
    return entry.suffix == ".lock" or entry.name == OPENED or entry.absolute() in kept


def _secret(backup: Path, manifest: Manifest, settings: Settings, passphrase: str) -> bytes:
    """The secret that stands in its place, or the sealed one of the backup. Raises Invalid."""
    path = str(settings.secret_path)
    if settings.secret_path.exists():
        secret = load_or_create_secret(settings.secret_path)
        if _fingerprint(Sealer(secret)) != manifest.secret:
            raise Invalid("The secret in %(name)s is not that of this backup", name=path)
        return secret
    if SECRET_NAME not in manifest.files:
        raise Invalid("The secret is not in this backup. Put it back in %(name)s first.", name=path)
    if not passphrase:
        raise Invalid(
            "The secret in this backup is sealed: give --passphrase-file, or put the secret back in %(name)s first.",
            name=path,
        )
    opened = open_with_passphrase(passphrase, (backup / SECRET_NAME).read_bytes())
    if opened is None or _fingerprint(Sealer(opened)) != manifest.secret:
        raise Invalid("This is not the passphrase of the backup")
    return opened


def _fingerprint(sealer: Sealer) -> str:
    return sealer.derive("which secret seals a backup").hex()


# -- files -----------------------------------------------------------------------------------------------


def _copy_of(engine: Engine) -> str:
    return SQLITE_NAME if engine is Engine.SQLITE else DUMP_NAME

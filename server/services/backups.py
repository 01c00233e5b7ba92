"""Backups of an instance: its database, its media, a manifest with the digest of every file; and the way back.

The secret that seals the private keys is left out, or sealed with a passphrase: who finds a backup alone finds nothing
to sign with. Restoring refuses what is not whole, another instance's, a newer schema's or another secret's, and every
place that is not empty: then nothing was changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from server import __version__
from server.core.clock import Clock
from server.core.context import Context
from server.core.errors import Conflict, Invalid, Overloaded
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
from server.services import register
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
    earlier = list_backups(folder)[-1:]
    try:
        engine = Engine.SQLITE if database.is_sqlite else Engine.POSTGRESQL
        # the database first: a picture that comes later is one too many, never one too few
        counted = rows.save(database, unfinished / _copy_of(engine))
        linked = earlier[0] / MEDIA if earlier else None
        _copy_media(settings.data_dir / MEDIA, unfinished / MEDIA, linked)
        if passphrase:
            sealed = seal_with_passphrase(passphrase, load_or_create_secret(settings.secret_path))
            (unfinished / SECRET_NAME).write_bytes(sealed)
        manifest = Manifest(
            made_at=made_at,
            base=settings.base,
            version=__version__,
            schema=schema.revision(database),
            engine=engine,
            rows=counted,
            files={name: _digest(unfinished / name) for name in _files(unfinished)},
            secret=_fingerprint(database.context.sealer),
        )
        (unfinished / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        _sync(unfinished)
        unfinished.rename(target)
        _sync_folder(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for old in list_backups(folder)[:-keep] if keep else []:
        shutil.rmtree(old)
    return Saved(target, manifest, _damaged(manifest), _noted(database, made_at))


def _noted(database: Database, made_at: datetime) -> bool:
    """The backup is whole by now: it must not fail for what the staff's first page says of it."""
    try:
        database.run_write(meta.put, MADE, made_at.isoformat())
    except Overloaded:
        return False
    return True


def list_backups(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(one for one in folder.glob(f"{PREFIX}*") if (one / MANIFEST).exists())


def _copy_media(source: Path, target: Path, earlier: Path | None) -> None:
    """Media are named by their digest and never change: what the last backup holds is linked, not copied."""
    target.mkdir(mode=0o700)
    for name in _files(source):
        if name.startswith(f"{UNFINISHED}/"):
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = earlier / name if earlier is not None else None
        try:
            if before is not None and before.exists() and _digest(before) == copy.name:
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
    if (folder / MANIFEST).exists():
        return folder
    held = list_backups(folder)
    if not held:
        raise Invalid("There is no backup in %(name)s", name=str(folder))
    return held[-1]


def check(backup: Path) -> Manifest:
    """Proves that a backup is whole: every file by its digest, the database by itself. Raises Invalid."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        raise Invalid("%(name)s holds no readable manifest", name=str(backup)) from None
    present = set(_files(backup)) - {MANIFEST}
    if missing := sorted(set(manifest.files) - present):
        raise Invalid(
            "The backup lacks %(count)s of its files, %(name)s among them",
            count=len(missing),
            name=missing[0],
        )
    if strange := sorted(present - set(manifest.files)):
        raise Invalid("%(name)s does not belong to this backup", name=strange[0])
    for name, digest in manifest.files.items():
        if _digest(backup / name) != digest:
            raise Invalid("%(name)s is damaged: it is not what was backed up", name=name)
    if _copy_of(manifest.engine) not in manifest.files:
        raise Invalid("%(name)s holds no database", name=str(backup))
    if manifest.engine is Engine.SQLITE and rows.judge(backup / SQLITE_NAME) != manifest.rows:
        raise Invalid("The database of this backup does not have the rows that were backed up")
    return manifest


# -- restoring -------------------------------------------------------------------------------------------


def restore(backup: Path, settings: Settings, clock: Clock, *, passphrase: str = "") -> Manifest:
    """Puts a backup where the settings point, so that the instance can be started. Raises Invalid, Conflict."""
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
            shutil.copyfile(backup / name, copy)
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
        _sync(stage)
        # the database last: before it is there, nothing has been restored
        for each in sorted(stage.iterdir(), key=lambda one: one.name == SQLITE_NAME):
            each.rename(data / each.name)
        if not settings.secret_path.exists():
            store_secret(settings.secret_path, secret)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    _sync_folder(data)
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
    return entry.suffix == ".lock" or entry.absolute() in kept


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


def _files(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    for name in _files(folder):
        descriptor = os.open(folder / name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    for each in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        _sync_folder(each)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)

"""`consilium restore`: a backup into an empty data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli.opened import identities_of, passphrase_of
from server.core.clock import SystemClock, iso
from server.core.errors import Invalid
from server.core.log import configure
from server.core.settings import load_settings
from server.services import backups, sealed_backups

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def restore(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A backup, or the folder of backups: then the newest.")
    ],
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the passphrase that sealed the secret into the backup.")
    ] = None,
    identity_file: Annotated[
        Path | None, typer.Option(help="File with the identity (age) that opens an encrypted backup.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only prove that the backup is whole. Changes nothing.")
    ] = False,
) -> None:
    """Put a backup into the empty data folder (and empty PostgreSQL database) that the settings name."""
    settings = load_settings()
    configure(settings.log_level)
    passphrase, identities = passphrase_of(passphrase_file), identities_of(identity_file)
    try:
        found = backups.find(folder)
        if check and identities is None and sealed_backups.is_sealed(found):
            count = sealed_backups.prove(found)
            print(
                f"{found} is as it was written, {count} encrypted files. What is in them was not looked at."
            )
            return
        if check:
            manifest = backups.check(found, identities)
        else:
            manifest = backups.restore(
                found, settings, SystemClock(), passphrase=passphrase, identities=identities
            )
    except OSError as error:
        raise Invalid(
            "The backup could not be restored: %(why)s", why=error.strerror or str(error)
        ) from error
    held = f"of {iso(manifest.made_at)}, {len(manifest.files)} files, {sum(manifest.rows.values())} rows"
    if check:
        print(f"{found} is whole: {held}")
        return
    print(f"Restored {found} to {settings.data_dir}: {held}")
    print("It knows nothing of what happened since. See docs/admin/backup.md before you start it.")
    print("It stands still until it has caught up, and until `consilium verification confirm`.")

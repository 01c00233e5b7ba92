"""`consilium backup`: the database, the media and a manifest, while the server runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli.opened import opened_as_is, passphrase_of
from server.core.errors import Invalid
from server.core.settings import load_settings
from server.services import backups

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where backups are kept: each is a folder in it.")
    ],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Delete all but the newest so many afterwards.")
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            help="File with a passphrase that seals the secret into the backup; without it the secret is left out."
        ),
    ] = None,
) -> None:
    """Save database, media and a manifest to DIR/consilium-TIME, while the server runs. Prints that folder."""
    settings = load_settings()
    passphrase = passphrase_of(passphrase_file)
    with opened_as_is(settings) as database:
        if database is None:
            raise Invalid("There is no instance in %(name)s yet", name=str(settings.data_dir))
        try:
            saved = backups.save(database, folder, keep=keep, passphrase=passphrase)
        except OSError as error:
            raise Invalid(
                "The backup could not be written: %(why)s", why=error.strerror or str(error)
            ) from error
    print(saved.folder)
    if not passphrase:
        typer.echo(f"The secret is not in it: keep a copy of {settings.secret_path} elsewhere.", err=True)
    if not settings.backup_recipients:
        typer.echo("Whoever has it can read it: CONSILIUM_BACKUP_RECIPIENTS encrypts backups.", err=True)
    if not saved.noted:
        typer.echo(
            "It is whole, but the server was too busy to note it: status goes on naming the one before.",
            err=True,
        )
    if saved.damaged:
        count = len(saved.damaged)
        typer.echo(f"{count} media were damaged before this backup, {saved.damaged[0]} among them.", err=True)

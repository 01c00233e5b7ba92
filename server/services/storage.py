"""The disk under an instance: its free space and who may read it."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from server.core.i18n import N_
from server.domain.remarks import Level, Remark

MEGABYTE = 2**20
LITTLE = 2**30
LITTLE_SHARE = 0.05
ALMOST_NONE = 200 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Space:
    """Of the disk that holds the data folder, in bytes. database: size of the SQLite file, None elsewhere."""

    total: int
    free: int
    database: int | None

    @classmethod
    def of(cls, folder: Path, database: Path | None) -> Space:
        usage = shutil.disk_usage(folder)
        return cls(usage.total, usage.free, _size(database) if database else None)

    def remark(self) -> Remark:
        values = {"free": self.free // MEGABYTE}
        message = N_("Free on the data folder's disk: %(free)s MB.")
        if self.database is not None:
            values["database"] = self.database // MEGABYTE
            message = N_(
                "Free on the data folder's disk: %(free)s MB; the database file has %(database)s MB."
            )
        action = N_("Free some space or enlarge the disk: when it is full, nothing more is accepted.")
        if self.free < ALMOST_NONE:
            return Remark("storage", Level.FAIL, message, action, values)
        if self.free < min(self.total * LITTLE_SHARE, LITTLE):
            return Remark("storage", Level.WARN, message, action, values)
        return Remark("storage", Level.OK, message, values=values)


def _size(database: Path) -> int:
    files = (database, database.with_name(database.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def access(folder: Path, secret: Path) -> list[Remark]:
    """Whether others on this machine could read the data or the secret."""
    remarks: list[Remark] = []
    if not secret.exists():
        remarks.append(
            Remark(
                "secret",
                Level.FAIL,
                N_("The secret file %(path)s is missing."),
                N_("Restore it from where you keep it: without it no key of this instance opens."),
                {"path": str(secret)},
            )
        )
    elif _mode(secret) & 0o077:
        remarks.append(
            Remark(
                "secret",
                Level.FAIL,
                N_("Others on this machine can reach the secret file %(path)s."),
                N_("Run `chmod 600 %(path)s`."),
                {"path": str(secret)},
            )
        )
    else:
        remarks.append(Remark("secret", Level.OK, N_("Only its owner reads the secret file.")))
    if _mode(folder) & 0o077:
        remarks.append(
            Remark(
                "folder",
                Level.WARN,
                N_("Others on this machine can look into the data folder %(path)s."),
                N_("Run `chmod 700 %(path)s`."),
                {"path": str(folder)},
            )
        )
    else:
        remarks.append(Remark("folder", Level.OK, N_("Only its owner looks into the data folder.")))
    return remarks


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)

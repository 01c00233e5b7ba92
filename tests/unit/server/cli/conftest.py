"""What every test of commands starts from."""

from tests.support.commands import run

__all__ = ["run"]

"""The house for tests of services."""

from tests.support.house import any_house, house

__all__ = ["any_house", "house"]

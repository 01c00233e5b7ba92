"""What every test of pages in a browser starts from."""

from tests.support.browsing import chromium, house

__all__ = ["chromium", "house"]

"""One Consilium instance: a hospital's or a society's house in the federation."""

__version__ = "0.1.0"

"""One Consilium instance: a hospital's or a society's house in the federation."""

"""For tests of the library and of hosts: actors with keys, loopback peers, readers of vectors."""

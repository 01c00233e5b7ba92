"""Events for open sockets, within a process and across processes. They carry ids only."""

"""Streams of the client API, over WebSockets and server-sent events."""

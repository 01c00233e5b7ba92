"""Password hashing beside the event loop: a few threads at a time, for each hash takes 64 MiB on purpose."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread

from server.services import signin

AT_ONCE = 4
_limiter = CapacityLimiter(AT_ONCE)


async def check_password(stored: str | None, password: str) -> bool:
    """Takes as long when there is nothing to compare with."""
    return await to_thread.run_sync(signin.check_password, stored, password, limiter=_limiter)


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(signin.hash_password, password, limiter=_limiter)

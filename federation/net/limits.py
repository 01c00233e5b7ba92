"""The budgets of every outgoing request, in one place. They are constants: nobody needs to tune them to be safe."""

from __future__ import annotations

from typing import Final

JSON_LIMIT: Final = 1024 * 1024
MEDIA_LIMIT: Final = 16 * 1024 * 1024
TOTAL_SECONDS: Final = 10.0
MAX_REDIRECTS: Final = 3
HEADER_LIMIT: Final = 64 * 1024
PER_HOST: Final = 2
"""GETs in flight towards one origin."""

ANSWER_LIMIT: Final = 64 * 1024
"""How much of the answer to a delivery is read, and thrown away, before the connection is given up."""

MAX_ADDRESSES: Final = 8
"""Addresses of one name that are looked at and tried; a name with more is refused."""

LANE_IDLE_SECONDS: Final = 60.0
MAX_LANES: Final = 512

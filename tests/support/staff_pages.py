"""One of the staff at their browser, without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.support.member_pages import form_token


@dataclass
class Clerk:
    client: httpx.AsyncClient

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.headers.get("location"))
        return answer.text

    async def send(self, path: str, status: int = 303, **fields: str) -> httpx.Response:
        token = form_token(await self.client.get("/settings/profile"))
        answer = await self.client.post(path, data={"form_token": token, **fields})
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer

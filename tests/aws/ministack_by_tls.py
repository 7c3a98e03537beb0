"""Starts MiniStack with one thing mended: behind TLS its JWT authoriser still asks for a pool's keys by plain HTTP."""

from ministack import app
from ministack.services import apigateway

_plain = apigateway._resolve_jwks_url


async def _by_tls(authorizer: dict) -> str | None:
    url = await _plain(authorizer)
    return url and url.replace("http://", "https://", 1)


apigateway._resolve_jwks_url = _by_tls
app.main()

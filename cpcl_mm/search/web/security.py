"""What keeps other sites, and their scripts, out of a page that a browser shows."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    'Content-Security-Policy': (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    # Row 3 of a gallery is another image once the gallery has changed.
    'Cache-Control': 'no-cache',
}


def is_trusted(host: str, names: Collection[str]) -> bool:
    """Tell whether a Host header, such as ``'localhost:8000'``, may be answered.

    A site can let its own name point to this machine (DNS rebinding), so a name must be a known
    one, in lower case. An address cannot be made to point anywhere, so any address is good.
    """
    try:
        name = urlsplit(f'//{host}').hostname or ''
        return name in names or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


class Guard:
    """Refuses Host headers that are not trusted, and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope['type'] != 'http':
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        host = Headers(scope=scope).get('host', '')
        refusal = PlainTextResponse(f'this page does not answer to the name {host!r}', 421)
        app = self.app if is_trusted(host, self.names) else refusal
        await app(scope, receive, send_with_headers)

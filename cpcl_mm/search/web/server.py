"""Serving a page to the browsers of this machine."""

import errno
import ipaddress
import socket

import uvicorn
from starlette.types import ASGIApp


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a name or an address to listen on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'


def listen(host: str, port: int) -> socket.socket:
    """Open a port of this machine, 0 for any that is free.

    Raises:
        OSError: If that cannot be: says why, and what to do.
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OverflowError as error:
        raise OSError(f'--port {port} is no port: they go from 0 to 65535') from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(
                f'port {port} of {host} is in use: take another (--port {port + 1}), or any that '
                'is free (--port 0)'
            ) from error
        raise OSError(f'cannot listen on port {port} of {host} ({error.strerror})') from error


def address_of(listening: socket.socket) -> str:
    """Give the address to open in a browser, such as ``'http://127.0.0.1:8000/'``."""
    host, port = listening.getsockname()[:2]
    return f'http://{f"[{host}]" if ":" in host else host}:{port}/'


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Answer requests until Ctrl+C, on a socket of :func:`listen`."""
    config = uvicorn.Config(
        app,
        log_level='warning',
        access_log=False,
        server_header=False,
        lifespan='off',
        ws='none',
        # Below the number of files that systems commonly let a process open.
        limit_concurrency=800,
        # A browser that keeps a connection open must not keep the server from stopping.
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listening])

"""Reading forms whose size is limited."""

import asyncio

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

OVERHEAD = 100_000
"""Bytes of a form beside its file."""

MAX_SECONDS = 120
"""How long a form may take to arrive."""


async def read_form(request: Request, max_file_bytes: int) -> FormData:
    """Read a form with one file at most.

    A form that is too large is read to its end without being kept: a browser shows an answer only
    after it has sent all of its question.

    Args:
        request (Request): The request.
        max_file_bytes (int): The largest file.

    Returns:
        FormData: The fields; close it to remove the file.

    Raises:
        HTTPException: 413 if it is too large, 400 if it is no form, 408 if it takes too long.
    """
    received = 0
    limit = max_file_bytes + OVERHEAD

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get('body', b''))
        while received > limit:
            # Who has disconnected sends no more, either.
            if not message.get('more_body'):
                raise too_large(max_file_bytes)
            message = await request.receive()
        return message

    form = Request(request.scope, receive).form(max_files=1, max_fields=20)
    try:
        return await asyncio.wait_for(form, MAX_SECONDS)
    except asyncio.TimeoutError as error:
        raise HTTPException(408, f'The file did not arrive within {MAX_SECONDS} s.') from error


def too_large(max_bytes: int) -> HTTPException:
    """Say how large a file may be."""
    return HTTPException(413, f'The file is too large: at most {max_bytes / 1e6:g} MB.')

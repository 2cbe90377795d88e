"""The search: a form, and the images that it finds."""

import asyncio
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..images import Image
from ..person_searcher import PersonSearcher, SearchResult
from ..reranking import KReciprocal
from .app import render
from .pictures import THUMBNAIL, image_routes, jpeg_answer, pick
from .query import MAX_TOPK, Query
from .uploads import MAX_BYTES, Uploads, read_form

T = TypeVar('T')


class Answer(NamedTuple):
    """What a search gave, how long it took, and what the person should know."""

    results: list[SearchResult]
    milliseconds: float
    notes: list[str]


class SearchSection:
    """Searches a gallery, which does not change from now on, by sentence and image.

    All of a query stands in its address: results can be bookmarked, and going back works. What is
    uploaded is kept in memory, and its key stands in the address. Examples are sentences to click
    on.

    Raises:
        ValueError: If the gallery is empty.
    """

    title = 'Search'
    path = '/'

    def __init__(self, searcher: PersonSearcher, examples: Sequence[str] = ()) -> None:
        self.searcher = searcher
        self.examples = examples
        self.uploads = Uploads()
        # One search at a time: two would take twice the memory and be no faster. Always the same
        # thread: torch keeps a pool of threads for each thread that calls it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix='page')
        self.rows = {name: row for row, name in enumerate(searcher.gallery.names)}
        self.max_topk = min(MAX_TOPK, len(self.rows))
        # The first search builds the index: better now than while somebody waits.
        searcher.gallery.search(searcher.gallery.features[:1], topk=1)

    @property
    def routes(self) -> list[Route]:
        """See :class:`~cpcl_mm.search.web.app.Section`."""
        return [
            Route('/', self.show),
            Route('/search', self.submit, methods=['POST']),
            Route('/images/{row:int}', self.show_image),
            *image_routes('/images/{row:int}', self.file_of),
            Route('/uploads/{key}', self.uploaded),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form, and what a query finds."""
        query = Query(text=request.query_params.get('text', ''))
        try:
            query = Query.read(request.query_params)
            answer = await self._in_thread(self.find, query) if query.asks else None
        except HTTPException as problem:
            return self._page(request, query, problem=problem)
        return self._page(request, query, answer)

    async def submit(self, request: Request) -> Response:
        """Take a form and lead to its results."""
        query = Query()
        try:
            form = await read_form(request)
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            query = Query(text=fields.get('text', ''))
            query = await self._keep_image(form, Query.read(fields))
            if not query.asks:
                raise HTTPException(400, 'Please describe a person in words, or choose an image.')
        except HTTPException as problem:
            return self._page(request, query, problem=problem)
        return RedirectResponse(query.address(), 303)

    def show_image(self, request: Request) -> Response:
        """Show one image of the gallery."""
        row = request.path_params['row']
        return render(request, 'image.html', row=row, path=self.file_of(row), query=Query())

    def uploaded(self, request: Request) -> Response:
        """Give an uploaded image, scaled down."""
        return jpeg_answer(self.uploads.get(request.path_params['key']), THUMBNAIL)

    def file_of(self, row: int) -> str:
        """Give the path of a row's image file; 404 if there is no such row."""
        return pick(self.searcher.gallery.names, row)

    def find(self, query: Query) -> Answer:
        """Search; 400 or 404 with what is wrong with a query."""
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            try:
                results = self._search(query)
            # OSError: an image that goes between two looks at it.
            except (ValueError, OSError) as error:
                raise HTTPException(400, f'This cannot be searched for: {error}.') from error
        milliseconds = 1000 * (time.perf_counter() - start)
        # Of words that the model does not read, for example.
        notes = [str(warning.message) for warning in caught if warning.category is UserWarning]
        if gone := sum(result.is_gone for result in results):
            notes.append(
                f'{gone} of these {len(results)} images {"is" if gone == 1 else "are"} gone since '
                'they were indexed: tools/index_gallery.py --prune takes out what is gone.'
            )
        return Answer(results, milliseconds, notes)

    def _search(self, query: Query) -> list[SearchResult]:
        image: Image | None = None
        if query.upload:
            image = self.uploads.get(query.upload)
        elif query.like is not None:
            image = self.file_of(query.like)
        ranker = KReciprocal() if query.rerank else None
        if image is not None and not query.text:
            return self.searcher.search_by_image(image, query.topk, ranker)
        return self.searcher.search(query.text, query.topk, ranker, image, query.weight)

    async def _keep_image(self, form: FormData, query: Query) -> Query:
        """Put the file of a form, if there is one, into the place of the query's image."""
        file = form.get('image')
        # Without a file, browsers send an empty one.
        if not isinstance(file, UploadFile) or not file.size:
            return query
        content = await file.read()
        await form.close()
        return replace(query, upload=await self._in_thread(self.uploads.add, content), like=None)

    def _in_thread(self, work: Callable[..., T], argument: Any) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work, argument)

    def _page(
        self,
        request: Request,
        query: Query,
        answer: Answer | None = None,
        problem: HTTPException | None = None,
    ) -> Response:
        return render(
            request,
            'search.html',
            status=problem.status_code if problem else 200,
            section=self,
            max_bytes=MAX_BYTES,
            query=query,
            answer=answer,
            problem=problem.detail if problem else '',
        )

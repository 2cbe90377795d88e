"""The search: a form, and the images that it finds."""

from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .. import PersonSearcher
from ..reranking import RANKERS
from .finder import Answer, Finder
from .form import read_form
from .pictures import original, thumbnail, to_jpeg
from .query import MAX_TOPK, Query
from .rendering import render
from .uploads import Uploads
from .worker import Worker

MAX_UPLOAD = 10_000_000
"""Bytes of a query image."""

EXAMPLES = (
    'a person in a red top, yellow trousers and a blue hat',
    'a woman in a white skirt and a green hoodie',
    'brown hoodie and black jeans',
)


class SearchSection:
    """Searches by sentence and image.

    All of a query stands in its address: results can be bookmarked, and going back works. What is
    uploaded is kept in memory, and its key stands in the address.

    Args:
        searcher (PersonSearcher): With a gallery that does not change from now on.
        examples (Sequence[str]): Sentences to click on. Defaults to ``EXAMPLES``.
        max_upload (int): Bytes that an uploaded image may have. Defaults to ``MAX_UPLOAD``.

    Raises:
        ValueError: If the gallery is empty.
    """

    title = 'Search'
    path = '/'

    def __init__(
        self,
        searcher: PersonSearcher,
        examples: Sequence[str] = EXAMPLES,
        max_upload: int = MAX_UPLOAD,
    ) -> None:
        self.max_pixels = searcher.max_pixels
        self.worker = Worker()
        self.examples = examples
        self.uploads = Uploads(max_upload, searcher.max_pixels)
        self.finder = Finder(searcher, self.uploads)

    @property
    def routes(self) -> list[Route]:
        """See :class:`~cpcl_mm.search.web.section.Section`."""
        return [
            Route('/', self.show),
            Route('/search', self.submit, methods=['POST']),
            Route('/images/{row:int}', self.show_image),
            Route('/images/{row:int}/file', self.file),
            Route('/images/{row:int}/thumbnail', self.thumbnail),
            Route('/uploads/{key}', self.uploaded),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form, and what a query finds."""
        fields = request.query_params
        query = Query(text=fields.get('text', ''))
        try:
            query = Query.read(fields)
            answer = await self.worker.run(self.finder.find, query) if query.asks else None
        except HTTPException as problem:
            return self._page(request, query, problem=problem)
        return self._page(request, query, answer)

    async def submit(self, request: Request) -> Response:
        """Take a form and lead to its results."""
        query = Query()
        try:
            form = await read_form(request, self.uploads.max_bytes)
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
        return render(request, 'image.html', row=row, path=self.finder.path(row), query=Query())

    def file(self, request: Request) -> Response:
        """Give an image file of the gallery."""
        return original(self.finder.path(request.path_params['row']), self.max_pixels)

    def thumbnail(self, request: Request) -> Response:
        """Give an image of the gallery, scaled down."""
        return thumbnail(self.finder.path(request.path_params['row']), self.max_pixels)

    def uploaded(self, request: Request) -> Response:
        """Give an uploaded image, scaled down."""
        return to_jpeg(self.uploads.get(request.path_params['key']))

    async def _keep_image(self, form: FormData, query: Query) -> Query:
        """Put the file of a form, if there is one, into the place of the query's image."""
        file = form.get('image')
        # Without a file, browsers send an empty one.
        if not isinstance(file, UploadFile) or not file.size:
            return query
        content = await file.read()
        await form.close()
        return query.with_upload(await self.worker.run(self.uploads.add, content))

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
            query=query,
            answer=answer,
            problem=problem.detail if problem else '',
            examples=self.examples,
            rankers=RANKERS,
            num_images=len(self.finder),
            max_topk=min(MAX_TOPK, len(self.finder)),
            max_bytes=self.uploads.max_bytes,
        )

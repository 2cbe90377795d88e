"""The browser of a data set: images with their captions, page by page."""

import os
from collections.abc import Collection
from contextlib import suppress
from functools import cache, partial
from typing import Any

from mmengine.config import Config
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cpcl_mm.apis.run_config import SPLITS, build_split

from .app import render
from .pictures import image_routes, pick

PAGE_SIZE = 24


class Splits:
    """The data sets of a config by the name of their split, each built when it is asked for.

    Raises:
        ValueError: If the config has no data loaders.
    """

    def __init__(self, cfg: Config) -> None:
        self.names = [split for split in SPLITS if cfg.get(f'{split}_dataloader')]
        if not self.names:
            raise ValueError(f'{cfg.filename} has no data loader for training, validation or test')
        self._build = cache(partial(build_split, cfg))

    def get(self, name: str) -> Any:
        """Give a data set; 404 if there is no such split, 500 if it cannot be built."""
        if name not in self.names:
            raise HTTPException(404, f'There is no split {name[:40]!r}.')
        try:
            return self._build(name)
        except (OSError, ValueError) as error:
            raise HTTPException(500, f'The data set cannot be read: {error}') from error

    def captions_of(self, files: Collection[str], number: int = 3) -> list[str]:
        """Give captions of some of these image files, far apart in the first data set with any."""
        files = set(files)
        for name in reversed(self.names):
            # What cannot be read says so in its own place.
            with suppress(HTTPException):
                images = self.get(name).images
                # A gallery holds absolute paths that keep links.
                found = [x.captions[0] for x in images if os.path.abspath(x.path) in files]  # noqa: PTH100
                if found:
                    return found[:: -(-len(found) // number)]
        return []


class DatasetSection:
    """Shows the data sets of a config; captions lead to a search, where there is one."""

    title = 'Data set'
    path = '/dataset'

    def __init__(self, splits: Splits, can_search: bool = False) -> None:
        self.splits = splits
        self.can_search = can_search

    @property
    def routes(self) -> list[Route]:
        """See :class:`~cpcl_mm.search.web.app.Section`."""
        return [
            Route('/dataset', self.show),
            *image_routes('/dataset/{split}/{number:int}', self._path),
        ]

    def show(self, request: Request) -> Response:
        """Show a page of a split."""
        split = request.query_params.get('split') or self.splits.names[0]
        page = request.query_params.get('page') or '1'
        dataset = self.splits.get(split)
        num_pages = max(1, -(-len(dataset.images) // PAGE_SIZE))
        if page not in map(str, range(1, num_pages + 1)):
            raise HTTPException(404, f'There is no page {page[:40]!r} of {num_pages:,}.')
        first = PAGE_SIZE * (int(page) - 1)
        return render(
            request,
            'dataset.html',
            split=split,
            splits=self.splits.names,
            name=type(dataset).__name__,
            cards=list(enumerate(dataset.images[first : first + PAGE_SIZE], first)),
            num_images=len(dataset.images),
            page=int(page),
            num_pages=num_pages,
            can_search=self.can_search,
        )

    def _path(self, split: str, number: int) -> str:
        return pick(self.splits.get(split).images, number).path

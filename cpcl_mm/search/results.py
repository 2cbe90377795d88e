"""What a search found, and a picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import PIL.Image

from cpcl_mm.evaluation import RankedQuery
from cpcl_mm.visualization import draw_ranked_sheet


@dataclass(frozen=True)
class SearchResult:
    """One image that a search found.

    Attributes:
        rank (int): From 1.
        score (float): Cosine of query and image, or what a ranker makes of it; higher is better.
        path (str): The image file, or the name of an array.
    """

    rank: int
    score: float
    path: str


def draw_results(
    queries: Sequence[str],
    results: Sequence[Sequence[SearchResult]],
    query_images: Sequence[str | None] | None = None,
    title: str = 'Search results',
) -> PIL.Image.Image:
    """Draw a ranked sheet: a row for every query.

    Args:
        queries (Sequence[str]): The sentences, or what else to write above a row.
        results (Sequence[Sequence[SearchResult]]): What each query found.
        query_images (Sequence[str | None], optional): Image files that were searched by, drawn
            beside the results. Defaults to None.
        title (str): Heading of the sheet.

    Returns:
        PIL.Image.Image: The sheet, RGB; grey tiles stand for images that are gone.
    """
    rows = [
        RankedQuery(
            caption=query,
            gallery_paths=[result.path for result in found],
            scores=[result.score for result in found],
            gallery_identities=[-1] * len(found),
            image_path=image,
        )
        for query, found, image in zip(
            queries, results, query_images or [None] * len(queries), strict=True
        )
    ]
    return draw_ranked_sheet(rows, max(map(len, results)), title)

"""What one query found: everything that a picture of ranked results shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RankedQuery:
    """A caption and the best gallery images for it, best first.

    Attributes:
        caption (str): The query.
        gallery_paths (list[str]): Image files, by rank.
        scores (list[float]): Cosine of caption and image, by rank.
        gallery_identities (list[int]): Identities of the images, by rank; -1 where unknown.
        identity (int): Identity that the caption describes; -1 where unknown. Defaults to -1.
        image_path (str | None): The image that the caption was written for, if there is one.
            Defaults to None.
    """

    caption: str
    gallery_paths: list[str]
    scores: list[float]
    gallery_identities: list[int]
    identity: int = -1
    image_path: str | None = None

    @property
    def is_match(self) -> list[bool | None]:
        """Whether each image shows the described person; None where that is unknown."""
        if self.identity < 0:
            return [None] * len(self.gallery_paths)
        return [None if i < 0 else i == self.identity for i in self.gallery_identities]

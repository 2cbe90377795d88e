"""One image and what is said about it, on the way from one format to another."""

from dataclasses import dataclass

from cpcl_mm.datasets.records import UNKNOWN_IDENTITY, RecordKeys

NO_SPLIT = ''


@dataclass(frozen=True, slots=True)
class Annotation:
    """An image with its captions.

    Attributes:
        path: Path of the image relative to the image folder, with forward slashes.
        captions: One or more captions.
        identity: Identity number; -1 when unknown.
        split: Name of the split; empty as long as there is none.
    """

    path: str
    captions: tuple[str, ...]
    identity: int = UNKNOWN_IDENTITY
    split: str = NO_SPLIT

    @property
    def has_identity(self) -> bool:
        """Whether the identity is known."""
        return self.identity != UNKNOWN_IDENTITY

    def as_record(self) -> dict[str, object]:
        """Give the record that annotation files hold; the identity is left out when unknown."""
        keys = RecordKeys()
        record: dict[str, object] = {keys.image: self.path, keys.captions: list(self.captions)}
        if self.has_identity:
            record[keys.identity] = self.identity
        return record | {keys.split: self.split}

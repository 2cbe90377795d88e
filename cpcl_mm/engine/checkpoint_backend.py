"""Where checkpoints are written to and removed from."""

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from cpcl_mm.utils.whole_file import whole_file

BACKEND = 'whole_files'


@register_backend(BACKEND)
class WholeFileBackend(LocalBackend):
    """mmengine's local files, written whole or not at all, and removed last.

    Attributes:
        outdated (list[Path]): Files that :meth:`remove` was asked to remove and that are still
            there.
    """

    def __init__(self) -> None:
        self.outdated: list[Path] = []

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write a file.

        Args:
            obj (bytes): What it holds.
            filepath (str | Path): The file.

        Raises:
            OSError: See :func:`~cpcl_mm.utils.whole_file.whole_file`.
        """
        with whole_file(Path(filepath)) as unfinished:
            unfinished.write_bytes(obj)

    def remove(self, filepath: str | Path) -> None:
        """Remember a file, to be removed by :meth:`remove_outdated`.

        Args:
            filepath (str | Path): The file.
        """
        self.outdated.append(Path(filepath))

    def remove_outdated(self) -> None:
        """Remove what :meth:`remove` was asked for, now that what follows it is written."""
        while self.outdated:
            self.outdated.pop(0).unlink(missing_ok=True)

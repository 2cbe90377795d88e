"""The data sets of a config, each built when it is first asked for."""

from threading import Lock
from typing import Any

from mmengine.config import Config
from starlette.exceptions import HTTPException

from cpcl_mm.apis.config_dataset import build_split, configured_splits


class Splits:
    """Data sets by the name of their split.

    Args:
        cfg (Config): A config with data loaders.

    Raises:
        ValueError: If it has none.
    """

    def __init__(self, cfg: Config) -> None:
        self.cfg = cfg
        self.names = configured_splits(cfg)
        if not self.names:
            raise ValueError(f'{cfg.filename} has no data loader for training, validation or test')
        self._built: dict[str, Any] = {}
        self._lock = Lock()

    def get(self, name: str) -> Any:
        """Give the data set of a split.

        Args:
            name (str): One of ``names``.

        Returns:
            ImageCaptionDataset: The data set.

        Raises:
            HTTPException: 404 if there is no such split, 500 if its data set cannot be built.
        """
        if name not in self.names:
            raise HTTPException(404, f'There is no split {name[:40]!r}.')
        with self._lock:
            if name not in self._built:
                try:
                    self._built[name] = build_split(self.cfg, name)
                except (OSError, ValueError) as error:
                    raise HTTPException(500, f'The data set cannot be read: {error}') from error
            return self._built[name]

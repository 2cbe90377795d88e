"""A small CUHK-PEDES whose published figures are those of the small copy."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cpcl_mm.datasets import CUHKPEDES
from cpcl_mm.datasets.counts import PublishedCounts


@pytest.fixture
def copy_root(
    write_public_dataset: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Root of the copy: 4, 2 and 2 people; papers are said to print 2 training captions less."""
    root = tmp_path / 'CUHK-PEDES'
    write_public_dataset('CUHK-PEDES', root, identities=dict(train=4, val=2, test=2))
    records = json.loads((root / 'reid_raw.json').read_text(encoding='utf-8'))
    published = {}
    for split in ('train', 'val', 'test'):
        of_split = [record for record in records if record['split'] == split]
        published[split] = PublishedCounts(
            identities=len({record['id'] for record in of_split}),
            images=len(of_split),
            captions=(captions := sum(len(record['captions']) for record in of_split)),
            captions_in_papers=captions - 2 if split == 'train' else None,
        )
    monkeypatch.setattr(CUHKPEDES, 'published', published)
    return root

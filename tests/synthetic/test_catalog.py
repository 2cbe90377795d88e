import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cpcl_mm.synthetic import CatalogSettings, ensure_synthetic_catalog, vocabulary
from cpcl_mm.synthetic.attributes import Identity, Item, sample_identity
from cpcl_mm.synthetic.canvas import Canvas
from cpcl_mm.synthetic.captions import CONFUSED_HAIR, CONFUSED_WITH, NOUNS, witness_words
from cpcl_mm.synthetic.catalog import (
    ARTICLES,
    COLOR_NAMES,
    KINDS,
    NAMES,
    draw_article,
    draw_entry,
    trader_words,
    write_line,
)
from cpcl_mm.synthetic.figure import Pose
from cpcl_mm.synthetic.generation import read_manifest


def _entries(count: int = 200) -> list:
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        identity = sample_identity(rng)
        picture, kind, things = draw_entry(identity, (48, 96), rng)
        line = write_line(identity, kind, things, rng)
        found.append((identity, picture, kind, things, line))
    return found


@pytest.fixture(scope='module')
def entries() -> list:
    """Some pictures of the catalog, with person, kind, things and a line."""
    return _entries()


def test_all_kinds_of_pictures_come_up(entries: list) -> None:
    assert {kind for _, _, kind, _, _ in entries} == set(KINDS)
    articles = {things[0] for _, _, kind, things, _ in entries if kind == 'article'}
    assert {'upper', 'lower', 'shoes', 'bag'} <= articles <= set(ARTICLES)
    assert all(picture.size == (48, 96) for _, picture, _, _, _ in entries)


def test_a_line_names_one_or_two_things_that_the_picture_shows(entries: list) -> None:
    colors = {name for names in COLOR_NAMES.values() for name in names}
    for identity, _, _, things, line in entries:
        assert set(re.findall('[a-z]+', line)) <= trader_words()
        told = [word for word in re.findall('[a-z]+', line) if word in colors]
        mine = [getattr(identity, thing) for thing in things]
        own = {n for thing in mine for n in COLOR_NAMES.get(getattr(thing, 'color', ''), ())}
        assert len(told) <= 2
        assert set(told) <= own


@pytest.mark.parametrize('slot', ARTICLES)
def test_an_article_is_drawn_alone(
    slot: str, make_canvas: Callable[..., Canvas], make_person: Callable[..., Identity]
) -> None:
    pictures = []
    for skin in (0, 4):
        canvas = make_canvas()
        upper = Item('hoodie', 'green', 'long')
        person = make_person(skin=skin, upper=upper, headwear=Item('cap', 'red'))
        draw_article(canvas, person, slot, Pose('front', 0.0, 0.0))
        pictures.append(np.asarray(canvas.image))
    assert (pictures[0] != 255).any()
    assert (pictures[0] == pictures[1]).all()  # nobody's skin shows
    covered = (pictures[0] != 255).any(axis=2)
    assert covered.mean() < 0.3


def test_everything_has_a_name_in_both_worlds() -> None:
    assert NAMES.keys() == NOUNS.keys()
    assert COLOR_NAMES.keys() == CONFUSED_WITH.keys() | CONFUSED_HAIR.keys()


def test_vocabulary_covers_both_worlds_and_fits_the_small_model() -> None:
    words = vocabulary()
    assert list(words) == sorted(set(words))
    assert set(words) == witness_words() | trader_words()
    assert len(words) + 4 <= 160
    assert trader_words() - witness_words()
    assert witness_words() - trader_words()


def test_catalog_on_disk(tmp_path: Path) -> None:
    settings = CatalogSettings(images=6, captions_per_image=3)
    first, second = (
        ensure_synthetic_catalog(tmp_path / str(workers), settings, workers) for workers in (1, 2)
    )
    assert read_manifest(first)['counts'] == {
        'train': {'identities': 6, 'images': 6, 'captions': 18}
    }
    files = [sorted(path.relative_to(root) for path in root.rglob('*')) for root in (first, second)]
    assert files[0] == files[1]
    for path in files[0]:
        assert (first / path).is_dir() or (first / path).read_bytes() == (
            second / path
        ).read_bytes()


def test_the_catalog_of_another_seed_is_refused(tmp_path: Path) -> None:
    root = ensure_synthetic_catalog(tmp_path / 'set', CatalogSettings(images=2))
    with pytest.raises(FileExistsError, match='seed is 0 there and 1 here'):
        ensure_synthetic_catalog(root, CatalogSettings(images=2, seed=1))

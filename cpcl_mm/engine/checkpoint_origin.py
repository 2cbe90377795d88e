"""What a checkpoint says of the data that it was trained on and chosen on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpcl_mm.datasets import PublicDataset
from cpcl_mm.utils.config_text import parse_config_text
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file

TEST_PREFIX = 'test/'
"""What the names of scores begin with that a validation has of the test split."""

BEST_ON_TEST = 'best on test'
"""What scores are called, and their names begin with, of a checkpoint that the test split chose."""

NOISY_PAIRS = 'train/noisy_pairs'
"""The name, among scores, of the share of training pairs with the caption of another pair."""

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
_HOOKS = 'default_hooks'
_CHOSEN_BY_NONE = re.compile(r'(epoch|iter)_\d+\.pth')


def mark_best_on_test(scores: Mapping[str, float]) -> dict[str, float]:
    """Say in the name of each score that the test split chose the checkpoint."""
    return {f'{BEST_ON_TEST}/{name}': score for name, score in scores.items()}


def is_same_data(one: Any, other: Any) -> bool:
    """Tell whether two configs of data sets are of the same split of the same data.

    A public data set is the same in any folder; others are where name and settings are.
    """
    if not isinstance(one, Mapping) or not isinstance(other, Mapping) or 'split' not in one:
        return False
    return _identity(one) == _identity(other)


def _identity(dataset: Mapping) -> list[Any]:
    if public := _public_class(dataset):
        return [public, dataset.get('split')]
    folder = Path(str(dataset.get('data_root'))).name
    return [
        *(_class_name(dataset), folder),
        *(dataset.get(key) for key in ('split', 'ann_file', 'settings')),
    ]


def _class_name(dataset: Mapping) -> str:
    return str(dataset.get('type')).rpartition('.')[2]


def _public_class(dataset: Mapping) -> type[PublicDataset] | None:
    classes = {each.__name__: each for each in PublicDataset.__subclasses__()}
    return classes.get(_class_name(dataset))


@dataclass(frozen=True)
class CheckpointOrigin:
    """What a checkpoint was trained on, and what chose it.

    Attributes:
        trained_on (tuple[type[PublicDataset], ...] | None): The public data sets of its training;
            None where it does not say. Defaults to None.
        chosen_on (Mapping | None): Config of the data set that it is the best on; None where it is
            the last of its run, or does not say. Defaults to None.
        noisy_share (float): Share of training pairs with the caption of another pair. Defaults to
            0.
    """

    trained_on: tuple[type[PublicDataset], ...] | None = None
    chosen_on: Mapping[str, Any] | None = None
    noisy_share: float = 0.0

    def name_scores(self, scores: Mapping[str, float], dataset: Any) -> dict[str, float]:
        """Say with scores what makes them too good or too bad on a data set, given by its config.

        They are best on test if this data set chose the checkpoint; the share of noisy pairs is
        added.
        """
        named = dict(scores)
        if is_same_data(self.chosen_on, dataset):
            named = mark_best_on_test(named)
        return named | ({NOISY_PAIRS: self.noisy_share} if self.noisy_share else {})

    def overlap(self, tested: Any) -> str | None:
        """Warn of people who may be in training and in the test, whose data set has this config.

        None where nothing is known of an overlap.
        """
        dataset = _public_class(tested)
        for other in self.trained_on or ():
            if dataset is None or other is dataset:
                continue
            one, two = ({each.public_name, *each.sources} for each in (dataset, other))
            if one & two:
                return (
                    f'{dataset.public_name} and {other.public_name}, which the checkpoint was '
                    f'trained on, are both cut from {", ".join(sorted(one & two))}: people of '
                    'training may be in the test, and its scores too good'
                )
        return None


def read_origin(path: str | Path) -> CheckpointOrigin:
    """Read from a checkpoint what it was trained on and chosen on; its config is read as data.

    A file ``best_test_*.pth`` was chosen on the test split, ``epoch_*.pth`` and ``iter_*.pth`` on
    none, any other ``best_*.pth`` on the validation split of its config, if there is one. So was a
    file of another name, unless its run kept one that is best on the test split: it may be that. A
    file of another program says nothing. Raises FileNotFoundError without a file, ValueError if it
    is no checkpoint.
    """
    meta = load_checkpoint_file(path).get('meta')
    meta = meta if isinstance(meta, Mapping) else {}
    data = meta.get('dataset_meta')
    share = data.get('noisy_share') if isinstance(data, Mapping) else None
    noisy_share = share if isinstance(share, float) and 0 <= share <= 1 else 0.0
    loaders = _read_config(meta.get('cfg'), _LOADERS)
    if loaders is None:
        return CheckpointOrigin(noisy_share=noisy_share)
    train, val, test = (_dataset(loaders.get(name)) for name in _LOADERS)
    name = Path(path).name
    renamed = not name.startswith('best_') and _kept_best_on_test(meta.get('cfg'))
    chosen_on = test if renamed or name.startswith('best_test_') else val
    if _CHOSEN_BY_NONE.fullmatch(name):
        chosen_on = None
    return CheckpointOrigin(_public_in(train), chosen_on, noisy_share)


def _kept_best_on_test(text: Any) -> bool:
    # Read apart, for hooks that are no plain values shall not hide the data.
    hooks = (_read_config(text, [_HOOKS]) or {}).get(_HOOKS)
    hook = hooks.get('checkpoint') if isinstance(hooks, Mapping) else None
    names = hook.get('save_best') if isinstance(hook, Mapping) else None
    names = names if isinstance(names, list | tuple) else [names]
    return any(str(name).startswith(TEST_PREFIX) for name in names)


def _read_config(text: Any, names: Sequence[str]) -> dict[str, Any] | None:
    try:
        return parse_config_text(text, names) if isinstance(text, str) else None
    except (RecursionError, MemoryError, SyntaxError):
        return None


def _dataset(loader: Any) -> Any:
    return loader.get('dataset') if isinstance(loader, Mapping) else None


def _public_in(dataset: Any) -> tuple[type[PublicDataset], ...]:
    """Find the public data sets in a config, also behind wrappers such as ConcatDataset."""
    if isinstance(dataset, list | tuple):
        return tuple(found for each in dataset for found in _public_in(each))
    if not isinstance(dataset, Mapping):
        return ()
    own = _public_class(dataset)
    inner = (dataset.get(key) for key in ('dataset', 'datasets'))
    return ((own,) if own else ()) + tuple(found for each in inner for found in _public_in(each))

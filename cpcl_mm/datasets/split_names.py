"""Names of splits: train, val and test, and what other tools call them."""

from collections.abc import Iterable

COMMON = {
    'train': 'train',
    'training': 'train',
    'val': 'val',
    'valid': 'val',
    'validation': 'val',
    'dev': 'val',
    'test': 'test',
    'testing': 'test',
}


def common_name(name: str) -> str:
    """Give the name that configs have for a split; a name that is not known stays.

    Examples:
        >>> common_name('Validation'), common_name('fold 1')
        ('val', 'fold 1')
    """
    return COMMON.get(name.strip().lower(), name)


def common_names(names: Iterable[str]) -> dict[str, str]:
    """Give the splits of a file the names that configs have for them.

    Two words for one split, such as dev and val, stay apart; capital letters do not matter.

    Examples:
        >>> common_names(['Training', 'dev', 'val', 'fold 1'])
        {'Training': 'train', 'dev': 'dev', 'val': 'val', 'fold 1': 'fold 1'}
    """
    words = {name: name.strip().lower() for name in names}
    known = [word for word in set(words.values()) if word in COMMON]
    rivals = [COMMON[word] for word in known]
    unique = {word for word in known if rivals.count(COMMON[word]) == 1}
    return {
        name: COMMON[word] if word in unique else word if word in COMMON else name
        for name, word in words.items()
    }

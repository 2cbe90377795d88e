"""Files of a Hugging Face tokenizer that a stranger gave."""

import json
from pathlib import Path
from typing import Any

TOKENIZERS = (
    *('BertTokenizer', 'CLIPTokenizer', 'DistilBertTokenizer', 'GemmaTokenizer', 'MT5Tokenizer'),
    *('NllbTokenizer', 'PreTrainedTokenizer', 'RobertaTokenizer', 'SiglipTokenizer'),
    *('T5Tokenizer', 'TokenizersBackend', 'XLMRobertaTokenizer'),
)
"""Classes, also with "Fast" behind; transformers would take any name of its own."""

MODELS = (
    *('bert', 'clip', 'distilbert', 'gemma', 'gemma2', 'm2m_100', 'mt5', 'roberta', 'siglip'),
    *('siglip2', 't5', 'xlm-roberta'),
)
"""Types of models, of which transformers infers a class where none is named."""


def check_tokenizer_files(folder: Path) -> None:
    """Check that the files of a tokenizer are data of a family that open_clip uses.

    Raises:
        ValueError: If they bring code, or name another class; or the folder is not there, where
            transformers would take its path for the name of a repository.
    """
    if not folder.is_dir():
        raise ValueError(f'there is no folder {folder} with the files of a tokenizer')
    for name in ('tokenizer_config.json', 'config.json'):
        path = folder / name
        settings = _read(path) if path.exists() else {}
        kind, model = str(settings.get('tokenizer_class') or ''), settings.get('model_type')
        if 'auto_map' in settings:
            raise ValueError(f'{path} brings code (auto_map), which is not executed')
        if kind and kind.removesuffix('Fast') not in TOKENIZERS:
            raise ValueError(f'{path}: tokenizer_class {kind!r:.60} is none of {TOKENIZERS}')
        if model is not None and model not in MODELS:
            raise ValueError(f'{path}: model_type {model!r:.60} is none of {MODELS}')


def _read(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, RecursionError, ValueError) as error:
        raise ValueError(f'{path} is no JSON ({error})') from error
    if not isinstance(settings, dict):
        raise ValueError(f'{path} is no JSON object')
    return settings

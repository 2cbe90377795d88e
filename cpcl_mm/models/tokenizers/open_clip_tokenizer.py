"""The tokenizer that belongs to an open_clip architecture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import open_clip
import torch
from huggingface_hub import snapshot_download
from open_clip.tokenizer import HFTokenizer

from cpcl_mm.models.clip_architecture import get_architecture
from cpcl_mm.registry import TOKENIZERS

from .word_tokenizer import as_captions


@TOKENIZERS.register_module()
class OpenCLIPTokenizer:
    """Tokenize as the text tower of an open_clip architecture expects.

    CLIP's byte pair encoding comes with open_clip. Other families (SigLIP, multilingual CLIP)
    use a tokenizer of the Hugging Face hub: it is taken from ``local_files`` or from the hub's
    cache on this machine, and fetched only under ``download=True``. These need
    ``pip install transformers``.

    Captions longer than the context are cut; the end-of-text token stays, as the last one.

    Args:
        architecture: Name of an architecture of open_clip or of this package, or its model
            config as a dict.
        context_length: Tokens per caption; None takes the architecture's own.
        local_files: Folder with the files of a Hugging Face tokenizer.
        download: Whether the hub may be asked for the tokenizer.

    Attributes:
        folder: Where the files of a Hugging Face tokenizer are; None for CLIP's byte pairs.

    Raises:
        ValueError: The architecture is unknown.
        OSError: The tokenizer is not on this machine; says how to get it there.
        ImportError: The tokenizer needs transformers, which is not installed.
    """

    def __init__(
        self,
        architecture: str | dict[str, Any] = 'ViT-B-16-quickgelu',
        context_length: int | None = None,
        local_files: str | None = None,
        download: bool = False,
    ) -> None:
        text = get_architecture(architecture)['text_cfg']
        name = text.get('hf_tokenizer_name')
        default_length = text.get('context_length', open_clip.tokenizer.DEFAULT_CONTEXT_LENGTH)
        self.context_length: int = context_length or default_length
        options = {'context_length': self.context_length, **text.get('tokenizer_kwargs', {})}
        self.folder = _find_folder(name, local_files, download) if name else None
        if self.folder is None:
            self._tokenizer = open_clip.SimpleTokenizer(**options)
            self.vocab_size = self._tokenizer.vocab_size
        else:
            options['tokenizer_mode'] = text.get('tokenizer_mode')
            # Otherwise transformers asks on the terminal whether to run the code of a tokenizer.
            options.setdefault('trust_remote_code', False)
            self._tokenizer = _load_hub_tokenizer(self.folder, **options)
            self.vocab_size = len(self._tokenizer.tokenizer)

    def __call__(self, texts: str | Sequence[str]) -> torch.Tensor:
        """Tokenize a caption, or n captions, to int64 ids (n, context_length).

        Raises:
            ValueError: A caption is empty.
        """
        return self._tokenizer(as_captions(texts))

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Ids that are no text: padding, start, end and what else a tokenizer of the hub has."""
        if isinstance(self._tokenizer, HFTokenizer):
            return tuple(self._tokenizer.tokenizer.all_special_ids)
        return 0, *self._tokenizer.all_special_ids

    @property
    def mask_id(self) -> int:
        """Id of a masked token.

        CLIP's vocabulary has no mask. The last of its byte pairs, "jekyll", stands for it: pairs
        come in the order of their frequency, so its embedding is the least trained that there is,
        and captions of people do not hold it. It lies below the end of text, whose id the text
        tower takes for the highest. IRRA's mask is the same id. A tokenizer of the hub has a mask,
        or its unknown token is taken.
        """
        if not isinstance(self._tokenizer, HFTokenizer):
            return self._tokenizer.sot_token_id - 1
        hub = self._tokenizer.tokenizer
        return hub.unk_token_id if hub.mask_token_id is None else hub.mask_token_id


def _find_folder(name: str, local_files: str | None, download: bool) -> str:
    """Find a tokenizer's folder, in the hub's cache unless it is given.

    Handing transformers the name instead would have it ask the hub even for cached files.
    """
    if local_files:
        # transformers would take the path of no folder for a name of the hub.
        if not Path(local_files).is_dir():
            raise OSError(f'local_files={local_files!r}: there is no such folder of a tokenizer')
        return local_files
    try:
        patterns = ['*.json', '*.txt', '*.model']
        return snapshot_download(name, local_files_only=not download, allow_patterns=patterns)
    # The hub's client raises OSError, ValueError or httpx's errors, by version and cause.
    except Exception as error:
        raise OSError(
            f'tokenizer {name!r} of the Hugging Face hub is not on this machine ({error}). Give '
            'the folder of its files (tokenizer.json, tokenizer_config.json, ...) as '
            'local_files=..., or set download=True where there is a network.'
        ) from error


def _load_hub_tokenizer(folder: str, **options: Any) -> HFTokenizer:
    try:
        return HFTokenizer(folder, **options)
    except ImportError as error:
        raise ImportError(
            'this tokenizer needs the package transformers: pip install transformers'
        ) from error
    # transformers raises OSError, ValueError or KeyError, by what the folder lacks.
    except Exception as error:
        raise OSError(
            f'{folder} holds no tokenizer that transformers can read ({error}); expected '
            'tokenizer.json, tokenizer_config.json, ...'
        ) from error

"""A second caption with some tokens masked, the augmentation of text."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from torch import Tensor

from cpcl_mm.registry import TOKENIZERS, TRANSFORMS


@TRANSFORMS.register_module()
class MaskTokens(BaseTransform):
    """Make a masked copy of the token ids of a caption; the whole caption stays beside it.

    Every token is chosen with probability ``ratio``. Of those chosen, ``mask_share`` become the
    mask, ``random_share`` become another token, and the rest stay: the choices of BERT (arXiv
    1810.04805), as in IRRA (arXiv 2303.12501). Padding, start and end of text are never chosen.

    The instance loss reads the masked caption where there is one; whatever describes a caption as
    a whole, prototypes and memories, reads the whole one. To be put behind ``Tokenize`` in a
    training pipeline, with the same tokenizer.

    Required key: none. Read key: ``text``. Added keys: ``masked_text``, an int64 tensor (L,), and
    ``masked_labels``, an int64 tensor (L,) of the original ids at the chosen places and -1
    elsewhere, for losses that predict them.

    Args:
        tokenizer: Config of a tokenizer, or one that is built. Of it are read ``vocab_size``,
            ``special_ids``, the ids that are no text, and ``mask_id``.
        ratio: Probability of a token to be chosen.
        mask_share: Share of the chosen tokens that become ``mask_id``.
        random_share: Share of the chosen tokens that become any token of the vocabulary.

    Raises:
        ValueError: If a share is out of its range.
    """

    def __init__(
        self,
        tokenizer: Mapping[str, Any] | Callable,
        ratio: float = 0.15,
        mask_share: float = 0.8,
        random_share: float = 0.1,
    ) -> None:
        if not 0 <= ratio <= 1:
            raise ValueError(f'ratio={ratio} must lie in [0, 1]')
        if min(mask_share, random_share) < 0 or mask_share + random_share > 1:
            raise ValueError(
                f'mask_share={mask_share} and random_share={random_share} must be shares that add '
                'up to 1 at most'
            )
        built: Any = TOKENIZERS.build(tokenizer) if isinstance(tokenizer, Mapping) else tokenizer
        self.ratio, self.mask_share, self.random_share = ratio, mask_share, random_share
        self.mask_id: int = built.mask_id
        self.special_ids = np.array(built.special_ids)
        no_words = [*built.special_ids, self.mask_id]
        self.words = np.setdiff1d(np.arange(built.vocab_size), no_words)

    def transform(self, results: dict) -> dict:
        """Add masked ids, and what they were, to an item with token ids."""
        if 'text' in results:
            results['masked_text'], results['masked_labels'] = self._mask(results['text'])
        return results

    def _mask(self, text: Tensor) -> tuple[Tensor, Tensor]:
        """Mask (L,) token ids; draws from NumPy, as all transforms do."""
        tokens = text.numpy().copy()
        chosen = np.random.rand(len(tokens)) < self.ratio
        chosen &= ~np.isin(tokens, self.special_ids)
        fate = np.random.rand(len(tokens))
        masked = chosen & (fate < self.mask_share)
        replaced = chosen & ~masked & (fate < self.mask_share + self.random_share)
        labels = np.where(chosen, tokens, -1)
        tokens[masked] = self.mask_id
        tokens[replaced] = np.random.choice(self.words, replaced.sum())
        return torch.from_numpy(tokens), torch.from_numpy(labels)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ratio={self.ratio}, mask_share={self.mask_share}, '
            f'random_share={self.random_share}, mask_id={self.mask_id})'
        )

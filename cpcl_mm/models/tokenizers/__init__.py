"""Tokenizers: captions in, token ids out."""

from .open_clip_tokenizer import OpenCLIPTokenizer
from .word_tokenizer import WordTokenizer

__all__ = ['OpenCLIPTokenizer', 'WordTokenizer']

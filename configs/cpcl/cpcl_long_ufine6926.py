# CPCL on UFine6926 with captions of up to 168 tokens: about 80 words are more than the 77 tokens of
# CLIP. Its first 20 positions stay and the others are stretched, as in Long-CLIP.
_base_ = ['cpcl_ufine6926.py']

from cpcl_mm.apis import use_context_length  # noqa: E402

globals().update(use_context_length(_base_, 168, kept_positions=20))

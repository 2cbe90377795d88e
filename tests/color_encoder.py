"""An encoder that sees nothing but colors."""

import numpy as np

from cpcl_mm.search.images import to_item

COLORS = {'red': (255, 0, 0), 'green': (0, 255, 0), 'blue': (0, 0, 255)}


class ColorEncoder:
    """An image is its mean red, green and blue; a sentence is the colors that it names."""

    source = 'colors.pth'

    def __init__(self, fingerprint='c0105'):
        self.fingerprint = fingerprint
        self.encoded = 0
        self.fail_at = np.inf

    def prepare_image(self, image):
        return to_item(image)['img'].mean(axis=(0, 1))[::-1]

    def encode_images(self, prepared):
        if self.encoded + len(prepared) > self.fail_at:
            raise KeyboardInterrupt
        self.encoded += len(prepared)
        return _unit(np.stack(prepared))

    def encode_texts(self, texts):
        words = [text.split() for text in texts]
        return _unit(
            np.array([sum(np.array(COLORS[w]) for w in ws if w in COLORS) for ws in words])
        )


def _unit(rows):
    rows = rows.astype(np.float32) + 1e-3
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)

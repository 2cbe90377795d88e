"""Image transforms apply to items with an image and leave captions alone."""

from cpcl_mm.datasets.transforms import OnImage
from cpcl_mm.registry import TRANSFORMS


def mark(item):
    return item | {'marks': item.get('marks', 0) + 1}


def test_an_item_with_an_image_goes_through_every_transform():
    item = {'img_path': 'a.jpg', 'caption': 'a man'}
    assert OnImage([mark, mark])(item) == item | {'marks': 2}


def test_a_caption_passes_untouched():
    assert OnImage([mark])({'caption': 'a man'}) == {'caption': 'a man'}


def test_configs_are_built_and_shown(pedes_root):
    steps = [dict(type='LoadImage'), dict(type='Resize', scale=(8, 16))]
    config = dict(type='OnImage', transforms=steps)
    transform = TRANSFORMS.build(config)
    image = next((pedes_root / 'imgs').iterdir())
    assert transform({'img_path': str(image)})['img'].shape == (16, 8, 3)
    assert 'Resize(scale=(8, 16)' in repr(transform)

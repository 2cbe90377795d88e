"""SyntheticCatalog, another world to learn words from: a shop's catalog, one short line a picture.

A small CLIP is pretrained on it, as CLIP was on the web. It has articles alone on a plain ground,
faces, and models in a studio, under lines that name one or two things in a trader's words. Streets,
a camera's defects, occlusion, near-duplicates and a witness's sentences are left to the target.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, ImageChops

from .attributes import Identity, pick, sample_identity, visible
from .canvas import Canvas, Color
from .captions import Dice, options, witness_words, words_of
from .drawing import draw_article, draw_person
from .figure import sample_pose
from .generation import Record, ensure
from .scene import muted
from .settings import CatalogSettings

SCALE = 480
"""Pixels of a person's height before a picture is reduced."""
ABOVE = 0.15
"""Room above a person's head, in figure units."""

Size = tuple[int, int]

KINDS = {'article': 0.35, 'face': 0.25, 'look': 0.4}
ARTICLES = {'upper': 3, 'lower': 2, 'shoes': 1.5, 'bag': 1.5, 'headwear': 1, 'scarf': 0.5}
NAMED_OF = {
    'face': ('hair', 'beard', 'eyewear', 'headwear', 'scarf', 'upper'),
    'look': ('headwear', 'lower', 'shoes', 'upper'),
}

COLOR_NAMES = options({
    'black': 'black, black, dark', 'white': 'white, ivory, cream', 'grey': 'grey, silver',
    'red': 'red, red, crimson', 'orange': 'orange, orange, rust',
    'yellow': 'yellow, yellow, golden', 'green': 'green, olive, emerald',
    'blue': 'blue, navy, azure', 'purple': 'purple, violet', 'pink': 'pink, rose',
    'brown': 'brown, chocolate, tan', 'beige': 'beige, sand', 'blond': 'blond, golden',
})  # fmt: skip
NAMES = options({
    'tee': 'tee, tshirt', 'top': 'top, blouse', 'shirt': 'shirt, blouse',
    'sweater': 'sweater, pullover', 'hoodie': 'hoodie, pullover', 'jacket': 'jacket, blazer',
    'coat': 'coat, overcoat', 'dress': 'dress, gown', 'trousers': 'trousers, slacks',
    'jeans': 'jeans, denim', 'shorts': 'shorts', 'skirt': 'skirt',
    'sneakers': 'sneakers, kicks', 'shoes': 'shoes, footwear', 'boots': 'boots, footwear',
    'sandals': 'sandals, clogs', 'cap': 'cap, headgear', 'beanie': 'beanie, headgear',
    'hat': 'hat, fedora', 'scarf': 'scarf, shawl', 'backpack': 'backpack, daypack',
    'handbag': 'handbag, purse', 'shoulder bag': 'bag, satchel',
    'suitcase': 'suitcase, luggage', 'glasses': 'glasses, spectacles',
    'sunglasses': 'sunglasses, shades',
})  # fmt: skip
PATTERN_NAMES = {
    'stripes': 'striped', 'checks': 'checked', 'dots': 'dotted', 'star': 'star', 'heart': 'heart',
}  # fmt: skip
PEOPLE = {'man': ('man', 'male', 'boy'), 'woman': ('woman', 'female', 'girl')}
LINES: dict[str, tuple[str, ...]] = {
    'article': ('{things}', 'photo of {things}', 'new {things} for sale', 'my favorite {things}'),
    'face': ('{things}', 'portrait of a {person} with {things}', '{person} with {things}'),
    'look': ('{things}', 'model in {things}', '{person} in {things}', 'outfit with {things}'),
}
CHATTER = (
    'for sale', 'new', 'photo on plain background', 'buy now', 'my favorite look', 'close up',
    'photo by a model', 'new portrait',
)  # fmt: skip
"""What lines are filled up with: it tells nothing, but teaches to read lines of any length."""
MOST_CHATTER = 6


@dataclass(frozen=True)
class Catalog:
    """Draws SyntheticCatalog."""

    name: ClassVar[str] = 'SyntheticCatalog'
    settings: CatalogSettings

    def pieces(self) -> list[int]:
        """Give the numbers of the pictures."""
        return list(range(self.settings.images))

    def draw(self, piece: int, folder: Path) -> list[Record]:
        """Write one picture and its lines; random only in seed and number."""
        rng = np.random.default_rng([self.settings.seed, piece])
        identity = sample_identity(rng)
        size = (self.settings.width, self.settings.height)
        picture, kind, things = draw_entry(identity, size, rng)
        name = f'train/{piece:06d}.jpg'
        picture.save(folder / name, quality=90, subsampling=0)
        count = self.settings.captions_per_image
        captions = [write_line(identity, kind, things, rng) for _ in range(count)]
        return [dict(id=piece, img_path=name, captions=captions, split='train')]


def ensure_synthetic_catalog(
    root: Path | str, settings: CatalogSettings, workers: int | None = None
) -> Path:
    """Make SyntheticCatalog at ``root`` unless it is there; see :func:`.generation.ensure`."""
    return ensure(Catalog(settings), root, workers)


def draw_entry(
    identity: Identity, size: Size, rng: np.random.Generator
) -> tuple[Image.Image, str, list[str]]:
    """Draw one picture of a person's things: give it, its kind, and what a line may name of it."""
    kind = str(pick(rng, KINDS))
    pose = sample_pose(rng, 0.2, 0.2)
    ground = muted(0.35, rng, 0.6, 1.0)
    image = Image.new('RGB', (SCALE, round(1.3 * SCALE)), ground)
    canvas = Canvas(image, SCALE, SCALE / 2, ABOVE * SCALE, mirrored=bool(rng.random() < 0.5))
    shown = visible(identity, pose.view, hides_shoes=False)
    if kind == 'article':
        slot = _article(identity, rng)
        draw_article(canvas, identity, slot, pose)
        return _fitted(image, ground, size, rng.uniform(-30, 30), rng), kind, [slot]
    draw_person(canvas, identity, pose)
    close = kind == 'face'
    picture = _close_up(image, size, rng) if close else _fitted(image, ground, size, 0.0, rng)
    return picture, kind, [x for x in NAMED_OF[kind] if x in shown and getattr(identity, x)]


def _article(identity: Identity, rng: np.random.Generator) -> str:
    hidden = ('lower',) if identity.upper.kind == 'dress' else ()
    owned = (slot for slot in ARTICLES if getattr(identity, slot) is not None)
    return str(pick(rng, {slot: ARTICLES[slot] for slot in owned if slot not in hidden}))


def _fitted(
    image: Image.Image, ground: Color, size: Size, angle: float, rng: np.random.Generator
) -> Image.Image:
    """Cut out what was drawn, turn it and place it on a ground of the wanted size."""
    drawn = ImageChops.difference(image, Image.new('RGB', image.size, ground)).getbbox()
    cut = image.crop(drawn)
    if angle:
        cut = cut.rotate(angle, Image.Resampling.BILINEAR, expand=True, fillcolor=ground)
    share = rng.uniform(0.75, 0.98) * min(size[0] / cut.width, size[1] / cut.height)
    width, height = (max(1, round(share * side)) for side in cut.size)
    picture = Image.new('RGB', size, ground)
    left, top = (int(rng.integers(n + 1)) for n in (size[0] - width, size[1] - height))
    picture.paste(cut.resize((width, height), Image.Resampling.BOX), (left, top))
    return picture


def _close_up(image: Image.Image, size: Size, rng: np.random.Generator) -> Image.Image:
    """Cut out head and shoulders."""
    height = SCALE * rng.uniform(0.3, 0.5)
    top = SCALE * (ABOVE - rng.uniform(0.06, 0.1))
    half = height * size[0] / size[1] / 2
    middle = SCALE * (0.5 + rng.uniform(-0.03, 0.03))
    cut = (middle - half, top, middle + half, top + height)
    return image.resize(size, Image.Resampling.BOX, box=cut)


def write_line(identity: Identity, kind: str, things: list[str], rng: np.random.Generator) -> str:
    """Write a line that names one or two of the things that a picture shows, amid chatter."""
    dice = Dice(rng)
    count = min(len(things), int(rng.integers(1, 3)))
    told = [things[i] for i in sorted(rng.choice(len(things), count, replace=False))]
    named = ' and '.join(_thing(identity, slot, dice) for slot in told) or 'face'
    line = dice.choose(LINES[kind])
    line = line.format(things=named, person=dice.choose(PEOPLE[identity.gender]))
    chatter = [dice.choose(CHATTER) for _ in range(rng.integers(MOST_CHATTER + 1))]
    chatter.insert(int(rng.integers(len(chatter) + 1)), line)
    return ', '.join(chatter)


def _thing(identity: Identity, slot: str, dice: Dice) -> str:
    thing = getattr(identity, slot)
    if slot == 'beard':
        return 'beard'
    if slot == 'eyewear':
        return dice.choose(NAMES[thing])
    if slot == 'hair' and thing.kind == 'bald':
        return 'bald head'
    color = dice.choose(COLOR_NAMES[thing.color])
    if slot == 'hair':
        return f'{color} hair' if dice.happens(0.5) else f'{thing.kind} hair'
    name = dice.choose(NAMES[thing.kind])
    if slot == 'upper' and thing.pattern in PATTERN_NAMES and dice.happens(0.5):
        name = f'{PATTERN_NAMES[thing.pattern]} {name}'
        return name if dice.happens(0.5) else f'{color} {name}'
    return name if dice.happens(0.15) else f'{color} {name}'


def trader_words() -> set[str]:
    """Give all words that lines of the catalog can contain, lower-case."""
    fixed = 'and beard bald head face hair short curly long ponytail bun'
    return words_of(fixed, CHATTER, PATTERN_NAMES, COLOR_NAMES, NAMES, PEOPLE, LINES)


def vocabulary() -> tuple[str, ...]:
    """Give all words of both worlds, lower-case and sorted; about 150.

    Examples:
        >>> from cpcl_mm.synthetic import vocabulary
        >>> 'jumper' in vocabulary() and 'pullover' in vocabulary()
        True
    """
    return tuple(sorted(witness_words() | trader_words()))

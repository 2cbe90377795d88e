"""A picture of pseudo labels: image clusters, beside the text clusters of their captions."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.pseudo_labels import Labels

from .canvas import (
    MARGIN,
    MUTED,
    PAPER,
    UNKNOWN,
    WRONG,
    Font,
    beside,
    font,
    legible,
    load_tile,
    page,
    paste,
    pill,
    stack,
    tile_height,
    wrap,
    write,
)
from .cluster_contents import OUTLIERS, LabelledSamples, choose_clusters, group_by_cluster

MINED = '#8250df'
GROUP_COLORS = ('#0969da', '#54aeff', '#a5d6ff')  # Of a row's text clusters, the largest first.
REST_COLOR = '#dbe9f7'
OUTLIER_COLOR = '#c9ced6'

TILE_WIDTH = 108
FRAME = 4
GAP = 8
TILES = 5
IMAGES_WIDTH = TILES * (TILE_WIDTH + GAP) - GAP
PANEL_GAP = 32
TEXT_WIDTH = 580
WIDTH = 2 * MARGIN + IMAGES_WIDTH + PANEL_GAP + TEXT_WIDTH
GUTTER = 72  # Left of the captions, for their marks.
CAPTION_LINES = 2
PILL_HEIGHT = 18
BAR_HEIGHT = 10


@dataclass(frozen=True)
class _Contents:
    """What the rows are drawn from."""

    dataset: ImageCaptionDataset
    images: LabelledSamples
    texts: LabelledSamples
    tile: tuple[int, int]


def draw_cluster_sheet(
    labels: Labels,
    dataset: ImageCaptionDataset,
    num_clusters: int = 12,
    title: str = 'Pseudo labels',
) -> Image.Image:
    """Draw image clusters, one row each, with the text clusters that their captions fall into.

    The clusters are spread evenly from the largest to the smallest; a last row shows outliers. Of
    a large cluster some members are drawn, mined ones and strangers (whose identity is not the
    one of most) in up to half of the places. The bar of a row shares out all captions of the
    cluster's images among text clusters. Where images alone were clustered, all captions are drawn
    as outliers.

    Args:
        labels (Labels): Of all images and captions, or of images alone.
        dataset (ImageCaptionDataset): The images and captions, with identities where known.
        num_clusters (int): Clusters to draw at most. Defaults to 12.
        title (str): Heading of the sheet.

    Returns:
        Image.Image: The sheet, RGB, 1,240 pixels wide.

    Raises:
        ValueError: If the labels do not fit the data set, or there is nothing to draw.
    """
    contents = _gather(labels, dataset)
    if num_clusters < 1:
        raise ValueError(f'Nothing to draw: {num_clusters} clusters.')
    chosen = choose_clusters(contents.images.labels, num_clusters)
    outliers = [OUTLIERS] if (contents.images.labels == OUTLIERS).any() else []
    rows = [_draw_row(cluster, contents) for cluster in [*chosen, *outliers]]
    return page(_draw_heading(title, len(chosen), contents), rows, 2 * GAP)


def _gather(labels: Labels, dataset: ImageCaptionDataset) -> _Contents:
    width = TILE_WIDTH - 2 * FRAME
    return _Contents(
        dataset,
        _labelled('image', labels, dataset.identities, dataset),
        _labelled('text', labels, dataset.identities[dataset.image_of_caption], dataset),
        tile=(width, tile_height([image.path for image in dataset.images], width)),
    )


def _labelled(
    modality: str, labels: Labels, identities: np.ndarray, dataset: ImageCaptionDataset
) -> LabelledSamples:
    """Labels of a modality; without any, all its samples are outliers."""
    number = len(identities)
    own = labels.of.get(modality, np.full(number, OUTLIERS))
    if len(own) != number:
        raise ValueError(
            f'There are {len(own):,} {modality} labels, but split {dataset.split!r} of '
            f'{dataset.ann_file} has {number:,} {modality} samples: draw them with the data set '
            'that was labelled.'
        )
    return LabelledSamples(own, labels.mined.get(modality, np.zeros(number, bool)), identities)


def _draw_heading(title: str, num_drawn: int, contents: _Contents) -> Image.Image:
    """Give title, summary of all labels, and legend, below each other."""
    marks = [(_mined_pill(), 'outlier that got its label by mining')]
    if contents.images.strangers.any() or contents.texts.strangers.any():
        marks.append((_stranger_pill('id'), 'true identity is not the majority of its cluster'))
    legend = [beside([mark, write(text, font(14), MUTED)], GAP, True) for mark, text in marks]
    heading = write(wrap(title, font(24, bold=True), WIDTH - 2 * MARGIN), font(24, bold=True))
    summary = write(_summary(num_drawn, contents), font(14), MUTED)
    return stack([heading, summary, beside(legend, MARGIN)], GAP)


def _summary(num_drawn: int, contents: _Contents) -> str:
    """How many clusters there are and how many are drawn, in words."""
    counts = []
    for name, samples in (('image', contents.images), ('text', contents.texts)):
        clusters = len(np.unique(samples.labels[samples.labels >= 0]))
        outliers, mined = (samples.labels < 0).sum(), samples.mined.sum()
        counts.append(f'{clusters:,} {name} clusters, {outliers:,} outliers, {mined:,} mined')
    drawn = f'{num_drawn} image clusters drawn, from the largest to the smallest'
    return '   ·   '.join([*counts, drawn])


def _draw_row(cluster: int, contents: _Contents) -> Image.Image:
    """Give an image cluster: its title, its images, and the text clusters of its captions."""
    members = contents.images.members(cluster)
    chosen = contents.images.pick(members, TILES)
    pictures = [_draw_image(index, contents) for index in chosen]
    panels = [
        stack([beside(pictures, GAP)], width=IMAGES_WIDTH),
        _draw_texts(members, contents),
    ]
    name = 'image outliers' if cluster == OUTLIERS else f'image cluster {cluster}'
    title = _draw_title(name, _facts(cluster, len(chosen), contents.images), 16)
    return stack([title, beside(panels, PANEL_GAP)], GAP)


def _facts(cluster: int, num_drawn: int, images: LabelledSamples) -> str:
    """Size and quality of an image cluster, in words."""
    members = images.members(cluster)
    facts = [f'{len(members):,} image{"s" if len(members) > 1 else ""}']
    if images.mined[members].any():
        facts.append(f'{images.mined[members].sum()} mined')
    purity = images.purity(cluster)
    if purity is not None:
        facts += [f'purity {purity:.2f}', f'majority identity {images.majority[cluster]}']
    if num_drawn < len(members):
        facts.append(f'{num_drawn} drawn')
    return '  ·  '.join(facts)


def _draw_title(name: str, facts: str, size: int) -> Image.Image:
    """Give a name in bold, followed by facts."""
    parts = [write(name, font(size, bold=True)), write(facts, font(size - 2), MUTED)]
    return beside(parts, 14, in_line=True)


def _draw_image(index: int, contents: _Contents) -> Image.Image:
    """Give an image with its marks and, below, its identity."""
    mined, stranger = contents.images.mined[index], contents.images.strangers[index]
    color = WRONG if stranger else MINED if mined else UNKNOWN
    picture = load_tile(contents.dataset.images[index].path, contents.tile)
    picture = ImageOps.expand(picture, FRAME, color)
    if mined:
        paste(picture, _mined_pill(), (0, 0))
    return stack([picture, _draw_identity(contents.images, index)], 4)


def _draw_identity(samples: LabelledSamples, index: int) -> Image.Image:
    """Give the identity of a sample if known, as a mark if it is a stranger in its cluster."""
    text = f'id {samples.identities[index]}'
    if samples.strangers[index]:
        return _stranger_pill(text)
    return write(text if samples.identities[index] >= 0 else '', font(12), MUTED)


def _draw_texts(members: np.ndarray, contents: _Contents) -> Image.Image:
    """Say how the captions of a cluster's images are clustered: a bar, and groups with examples."""
    captions = np.flatnonzero(np.isin(contents.dataset.image_of_caption, members))
    groups = group_by_cluster(captions, contents.texts.labels)
    colors = [
        OUTLIER_COLOR if cluster == OUTLIERS else (*GROUP_COLORS, *[REST_COLOR] * rank)[rank]
        for rank, (cluster, _) in enumerate(groups)
    ]
    parts = [_draw_bar([len(group) for _, group in groups], colors)]
    for rank, ((cluster, group), color) in enumerate(zip(groups, colors, strict=True)):
        if color != REST_COLOR:
            title = _draw_group(cluster, len(group), len(captions), color, contents)
            examples = contents.texts.pick(group, 1 if rank else 2)
            parts.append(stack([title, *(_draw_caption(i, contents) for i in examples)], GAP // 2))
    rest = colors.count(REST_COLOR)
    if rest:
        text = f'and {rest:,} more text cluster{"s" if rest > 1 else ""}'
        parts.append(beside([_square(REST_COLOR), write(text, font(12), MUTED)], GAP, True))
    return stack(parts, GAP + GAP // 2, TEXT_WIDTH)


def _draw_bar(sizes: list[int], colors: list[str]) -> Image.Image:
    """Give a bar that is shared out among groups by their number of captions."""
    bar = Image.new('RGB', (TEXT_WIDTH, BAR_HEIGHT), PAPER)
    ends = np.cumsum([0, *sizes]) * TEXT_WIDTH / sum(sizes)
    for left, right, color in zip(ends[:-1], ends[1:], colors, strict=True):
        # A seam of paper tells neighbors of one color apart.
        box = [round(left), 0, max(round(left), round(right) - 3), BAR_HEIGHT - 1]
        ImageDraw.Draw(bar).rectangle(box, fill=color)
    return bar


def _draw_group(
    cluster: int, number: int, total: int, color: str, contents: _Contents
) -> Image.Image:
    """Title of a group: its color in the bar, its text cluster, and its part of the captions."""
    name, facts = 'text outliers', f'{number} of these {total:,} captions'
    if cluster != OUTLIERS:
        name = f'text cluster {cluster}'
        facts += f'  ·  {len(contents.texts.members(cluster)):,} in all'
        purity = contents.texts.purity(cluster)
        facts += '' if purity is None else f', purity {purity:.2f}'
    return beside([_square(color), _draw_title(name, facts, 14)], GAP, in_line=True)


def _draw_caption(index: int, contents: _Contents) -> Image.Image:
    """Give a caption, with its marks and its identity on the left."""
    marks = [_mined_pill()] if contents.texts.mined[index] else []
    marks.append(_draw_identity(contents.texts, index))
    text, typeface = legible(f'“{contents.dataset.captions[index][0]}”', font(14))
    lines = _clip(text, typeface, TEXT_WIDTH - GUTTER)
    return beside([stack(marks, 2, GUTTER), write(lines, typeface)], 0)


def _clip(text: str, typeface: Font, width: int) -> list[str]:
    """Break a caption into a few lines; one that is cut ends with an ellipsis."""
    lines = wrap(text, typeface, width)
    if len(lines) <= CAPTION_LINES:
        return lines
    last = lines[CAPTION_LINES - 1]
    while typeface.getlength(last + ' …”') > width:
        # At a space, or after any letter of a script without spaces.
        last = last.rpartition(' ')[0] or last[:-1]
    return [*lines[: CAPTION_LINES - 1], last + ' …”']


def _square(color: str) -> Image.Image:
    return Image.new('RGB', (12, 12), color)


def _mined_pill() -> Image.Image:
    return pill('+ mined', MINED, PILL_HEIGHT, PILL_HEIGHT // 2)


def _stranger_pill(identity: str) -> Image.Image:
    return pill(f'≠ {identity}', WRONG, PILL_HEIGHT, 0)

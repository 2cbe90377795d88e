"""A picture of pseudo labels: image clusters, beside the text clusters of their captions."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.pseudo_labels import Labels

from .canvas import (
    INK,
    MUTED,
    PAPER,
    RULE,
    Corner,
    draw_lines,
    font,
    line_height,
    load_tile,
    stack,
    tile_height,
    wrap,
)
from .cluster_contents import (
    OUTLIERS,
    LabelledSamples,
    TextGroup,
    choose_clusters,
    group_by_cluster,
)
from .ranked_sheet import UNKNOWN, WRONG

MINED = '#8250df'
GROUP_COLORS = ('#0969da', '#54aeff', '#a5d6ff')
"""Of a row's text clusters, the largest first."""

REST_COLOR = '#dbe9f7'
OUTLIER_COLOR = '#c9ced6'

MARGIN = 28
TILE_WIDTH = 108
FRAME = 4
GAP = 8
TILES = 5
IMAGES_WIDTH = TILES * (TILE_WIDTH + GAP) - GAP
PANEL_GAP = 32
TEXT_WIDTH = 580
WIDTH = 2 * MARGIN + IMAGES_WIDTH + PANEL_GAP + TEXT_WIDTH
GUTTER = 72
"""Left of the captions, for their marks."""

CAPTION_LINES = 2
ROW_PADDING = 18
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
    rows = [_draw_row(cluster, contents) for cluster in chosen]
    if (contents.images.labels == OUTLIERS).any():
        rows.append(_draw_row(OUTLIERS, contents))
    return stack([_draw_header(title, len(chosen), contents), *rows])


def _gather(labels: Labels, dataset: ImageCaptionDataset) -> _Contents:
    """Put labels and what is known about the samples together, by modality."""
    inner_width = TILE_WIDTH - 2 * FRAME
    inner_height = tile_height([image.path for image in dataset.images], inner_width)
    text_identities = dataset.identities[dataset.image_of_caption]
    return _Contents(
        dataset,
        _labelled('image', labels, dataset.identities, dataset),
        _labelled('text', labels, text_identities, dataset),
        tile=(inner_width, inner_height),
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


def _draw_header(title: str, num_drawn: int, contents: _Contents) -> Image.Image:
    """Title, summary of all labels, and legend, below each other."""
    lines = wrap(title, font(24, bold=True), WIDTH - 2 * MARGIN)
    height = MARGIN + len(lines) * line_height(font(24)) + line_height(font(14)) + 58
    strip = Image.new('RGB', (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(strip)
    top = draw_lines(draw, (MARGIN, MARGIN - 6), lines, font(24, bold=True)) + GAP
    top = draw_lines(draw, (MARGIN, top), [_summary(num_drawn, contents)], font(14), MUTED) + GAP
    left = MARGIN
    for mark, text in _legend(contents):
        _paste(strip, mark, (left, top))
        left += mark.width + 8
        middle = top + PILL_HEIGHT // 2
        draw.text((left, middle), text, fill=MUTED, font=font(14), anchor='lm')
        left += round(font(14).getlength(text)) + 28
    return strip


def _summary(num_drawn: int, contents: _Contents) -> str:
    """How many clusters there are and how many are drawn, in words."""
    counts = []
    for name, samples in (('image', contents.images), ('text', contents.texts)):
        clusters = len(np.unique(samples.labels[samples.labels >= 0]))
        outliers, mined = (samples.labels < 0).sum(), samples.mined.sum()
        counts.append(f'{clusters:,} {name} clusters, {outliers:,} outliers, {mined:,} mined')
    drawn = f'{num_drawn} image clusters drawn, from the largest to the smallest'
    return '   ·   '.join([*counts, drawn])


def _legend(contents: _Contents) -> list[tuple[Image.Image, str]]:
    """Give the marks that the sheet uses, and what they mean."""
    entries = [(_mined_pill(), 'outlier that got its label by mining')]
    if contents.images.strangers.any() or contents.texts.strangers.any():
        text = 'true identity is not the majority of its cluster'
        entries.append((_stranger_pill('id'), text))
    return entries


def _draw_row(cluster: int, contents: _Contents) -> Image.Image:
    """Give an image cluster: its title, its images, and the text clusters of its captions."""
    members = contents.images.members(cluster)
    chosen = contents.images.pick(members, TILES)
    pictures = _draw_images(chosen, contents)
    texts = _draw_texts(members, contents)

    top = ROW_PADDING + line_height(font(16)) + GAP
    height = top + max(pictures.height, texts.height) + ROW_PADDING
    strip = Image.new('RGB', (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.line([(MARGIN, 0), (WIDTH - MARGIN, 0)], fill=RULE)
    name = 'image outliers' if cluster == OUTLIERS else f'image cluster {cluster}'
    facts = _facts(cluster, len(chosen), contents.images)
    _draw_title(draw, (MARGIN, ROW_PADDING), name, facts, size=16)
    strip.paste(pictures, (MARGIN, top))
    strip.paste(texts, (MARGIN + IMAGES_WIDTH + PANEL_GAP, top))
    return strip


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


def _draw_title(
    draw: ImageDraw.ImageDraw, corner: Corner, name: str, facts: str, size: int
) -> None:
    """Give a name in bold, followed by facts."""
    left, top = corner
    baseline = top + size
    draw.text((left, baseline), name, fill=INK, font=font(size, bold=True), anchor='ls')
    left += round(font(size, bold=True).getlength(name)) + 14
    draw.text((left, baseline), facts, fill=MUTED, font=font(size - 2), anchor='ls')


def _draw_images(chosen: list[int], contents: _Contents) -> Image.Image:
    """Images side by side, each with its marks and, below, its identity."""
    below = contents.tile[1] + 2 * FRAME + 4
    strip = Image.new('RGB', (IMAGES_WIDTH, below + PILL_HEIGHT), PAPER)
    for column, index in enumerate(chosen):
        left = column * (TILE_WIDTH + GAP)
        mined, stranger = contents.images.mined[index], contents.images.strangers[index]
        color = WRONG if stranger else MINED if mined else UNKNOWN
        picture = load_tile(contents.dataset.images[index].path, contents.tile)
        strip.paste(ImageOps.expand(picture, FRAME, color), (left, 0))
        if mined:
            _paste(strip, _mined_pill(), (left, 0))
        _draw_identity(strip, (left, below), contents.images, index)
    return strip


def _draw_identity(
    strip: Image.Image, corner: Corner, samples: LabelledSamples, index: int
) -> None:
    """Give the identity of a sample if known, as a mark if it is a stranger in its cluster."""
    text = f'id {samples.identities[index]}'
    if samples.strangers[index]:
        _paste(strip, _stranger_pill(text), corner)
    elif samples.identities[index] >= 0:
        middle = (corner[0], corner[1] + PILL_HEIGHT // 2)
        ImageDraw.Draw(strip).text(middle, text, fill=MUTED, font=font(12), anchor='lm')


def _draw_texts(members: np.ndarray, contents: _Contents) -> Image.Image:
    """How the captions of a cluster's images are clustered: a bar, and groups with examples."""
    captions = np.flatnonzero(np.isin(contents.dataset.image_of_caption, members))
    groups = group_by_cluster(captions, contents.texts.labels)
    colors = _group_colors(groups)
    drawn = [pair for pair in zip(groups, colors, strict=True) if pair[1] != REST_COLOR]
    strips = [_draw_bar(groups, colors, len(captions))]
    for rank, (group, color) in enumerate(drawn):
        strips.append(_draw_group(group, color, len(captions), contents))
        strips += [
            _draw_caption(index, contents)
            for index in contents.texts.pick(group.captions, 1 if rank else 2)
        ]
    if len(drawn) < len(groups):
        strips.append(_draw_rest(len(groups) - len(drawn)))
    return stack(strips)


def _group_colors(groups: list[TextGroup]) -> list[str]:
    """Give a color for each group: own ones for the first, one for the rest, grey for outliers."""
    return [
        OUTLIER_COLOR
        if group.cluster == OUTLIERS
        else GROUP_COLORS[rank]
        if rank < len(GROUP_COLORS)
        else REST_COLOR
        for rank, group in enumerate(groups)
    ]


def _draw_bar(groups: list[TextGroup], colors: list[str], total: int) -> Image.Image:
    """Give a bar that is shared out among groups by their number of captions."""
    strip = Image.new('RGB', (TEXT_WIDTH, BAR_HEIGHT + GAP), PAPER)
    draw = ImageDraw.Draw(strip)
    start = 0
    for group, color in zip(groups, colors, strict=True):
        end = start + len(group.captions)
        left, right = (round(TEXT_WIDTH * place / total) for place in (start, end))
        # A seam of paper tells neighbors of one color apart.
        draw.rectangle([left, 0, max(left, right - 3), BAR_HEIGHT - 1], fill=color)
        start = end
    return strip


def _draw_group(group: TextGroup, color: str, total: int, contents: _Contents) -> Image.Image:
    """Title of a group: its color in the bar, its text cluster, and its part of the captions."""
    strip = Image.new('RGB', (TEXT_WIDTH, line_height(font(14)) + 8), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.rectangle([0, 7, 11, 18], fill=color)
    facts = f'{len(group.captions)} of these {total:,} captions'
    name = 'text outliers'
    if group.cluster != OUTLIERS:
        name = f'text cluster {group.cluster}'
        facts += f'  ·  {len(contents.texts.members(group.cluster)):,} in all'
        purity = contents.texts.purity(group.cluster)
        facts += '' if purity is None else f', purity {purity:.2f}'
    _draw_title(draw, (20, 4), name, facts, size=14)
    return strip


def _draw_caption(index: int, contents: _Contents) -> Image.Image:
    """Give a caption, with its marks and its identity on the left."""
    lines = _clip(contents.dataset.captions[index][0], TEXT_WIDTH - GUTTER)
    marks_height = (1 + contents.texts.mined[index]) * (PILL_HEIGHT + 2)
    height = max(len(lines) * line_height(font(14)), marks_height) + 6
    strip = Image.new('RGB', (TEXT_WIDTH, height), PAPER)
    draw_lines(ImageDraw.Draw(strip), (GUTTER, 0), lines, font(14))
    top = 0
    if contents.texts.mined[index]:
        _paste(strip, _mined_pill(), (0, top))
        top += PILL_HEIGHT + 2
    _draw_identity(strip, (0, top), contents.texts, index)
    return strip


def _clip(caption: str, width: int) -> list[str]:
    """Break a caption into a few lines; one that is cut ends with an ellipsis."""
    lines = wrap(f'“{caption}”', font(14), width)
    if len(lines) <= CAPTION_LINES:
        return lines
    last = lines[CAPTION_LINES - 1]
    while font(14).getlength(last + ' …”') > width:
        last = last.rpartition(' ')[0]
    return [*lines[: CAPTION_LINES - 1], last + ' …”']


def _draw_rest(number: int) -> Image.Image:
    """How many groups are in the bar only."""
    strip = Image.new('RGB', (TEXT_WIDTH, line_height(font(13))), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.rectangle([0, 3, 11, 14], fill=REST_COLOR)
    text = f'and {number:,} more text cluster{"s" if number > 1 else ""}'
    draw.text((20, 14), text, fill=MUTED, font=font(12), anchor='ls')
    return strip


def _paste(strip: Image.Image, mark: Image.Image, corner: Corner) -> None:
    strip.paste(mark, corner, mark)


def _mined_pill() -> Image.Image:
    return _pill('+ mined', MINED, PILL_HEIGHT // 2)


def _stranger_pill(identity: str) -> Image.Image:
    return _pill(f'≠ {identity}', WRONG, 0)


@lru_cache
def _pill(text: str, color: str, radius: int) -> Image.Image:
    """Give a word on a colored ground, drawn larger and then scaled down for smooth edges."""
    typeface = font(11, bold=True)
    size = (round(typeface.getlength(text)) + 14, PILL_HEIGHT)
    mask = Image.new('L', (4 * size[0], 4 * size[1]))
    box = [0, 0, mask.width - 1, mask.height - 1]
    ImageDraw.Draw(mask).rounded_rectangle(box, 4 * radius, fill=255)
    pill = Image.new('RGBA', size, color)
    pill.putalpha(mask.resize(size, Image.Resampling.LANCZOS))
    middle = (size[0] // 2, size[1] // 2)
    ImageDraw.Draw(pill).text(middle, text, fill=PAPER, font=typeface, anchor='mm')
    return pill

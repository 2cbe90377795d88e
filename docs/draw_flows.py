"""Draw docs/images/flows.svg: a training step, and the labels before an epoch."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

TARGET = Path(__file__).parent / 'images' / 'flows.svg'
WIDTH, HEIGHT = 920, 608
FLOWS = {'step': '#2563eb', 'epoch': '#c2410c'}
INK, MUTED, LINE, PAPER = '#1f2328', '#59636e', '#c9d1d9', '#ffffff'
IMAGE_CLUSTERS = ('#0d9488', '#8b5cf6', '#e2a100')
TEXT_CLUSTERS = ('#3b82f6', '#db2777', '#65a30d')
"""Colors of their own: the clusters of images and of captions are never aligned."""

STYLE = f"""
text {{ font: 12.5px -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif;
  fill: {MUTED} }}
.title {{ font-size: 15px; font-weight: 600; fill: {INK} }}
.flow {{ font-size: 17px; font-weight: 700 }}
.key {{ font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }}
.step {{ fill: {FLOWS['step']} }}
.epoch {{ fill: {FLOWS['epoch']} }}
"""

# Places of samples in a panel of 114 x 80, three of each cluster.
CLUSTERED = (
    (18, 20),
    (31, 11),
    (34, 28),
    (78, 13),
    (92, 21),
    (77, 31),
    (46, 62),
    (60, 54),
    (63, 71),
)
OUTLIERS = ((12, 58), (103, 58))


def text(x: float, y: float, words: str, kind: str = 'note', anchor: str = 'middle') -> str:
    """Write a line."""
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{words}</text>'


def key(x: float, y: float, name: str, flow: str, anchor: str = 'middle') -> str:
    """Write the name of a config key, with a new line at each space."""
    lines = ''.join(
        f'<tspan x="{x}" y="{y + 15 * row}">{part}</tspan>' for row, part in enumerate(name.split())
    )
    return f'<text class="key {flow}" text-anchor="{anchor}">{lines}</text>'


def box(
    x: float, y: float, width: float, height: float, line: str = LINE, fill: str = PAPER
) -> str:
    """Draw a card."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="{fill}" '
        f'stroke="{line}" stroke-width="1.5"/>'
    )


def arrow(path: str, flow: str) -> str:
    """Draw an arrow along a path of SVG."""
    return (
        f'<path d="{path}" fill="none" stroke="{FLOWS[flow]}" stroke-width="2" '
        f'marker-end="url(#{flow})"/>'
    )


def arrow_head(flow: str) -> str:
    """Define the head of a flow's arrows."""
    return (
        f'<marker id="{flow}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
        'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,0.5 L10,5 L0,9.5 z" fill="{FLOWS[flow]}"/></marker>'
    )


def _paint(color: str | None) -> str:
    """Fill with the color of a cluster; a sample without a label is hollow."""
    return f'fill="{color}"' if color else f'fill="{PAPER}" stroke="{MUTED}" stroke-width="1.3"'


def image(x: float, y: float, color: str | None = None) -> str:
    """Draw the feature of an image."""
    return f'<circle cx="{x}" cy="{y}" r="5" {_paint(color)}/>'


def caption(x: float, y: float, color: str | None = None) -> str:
    """Draw the feature of a caption."""
    return f'<rect x="{x - 4.5}" y="{y - 4.5}" width="9" height="9" rx="1" {_paint(color)}/>'


def prototype(x: float, y: float, color: str) -> str:
    """Draw a prototype, a star."""
    corners = (
        (x + radius * math.sin(turn), y - radius * math.cos(turn))
        for turn, radius in ((n * math.pi / 4, 3.6 if n % 2 else 9) for n in range(8))
    )
    points = ' '.join(f'{px:.1f},{py:.1f}' for px, py in corners)
    return f'<polygon points="{points}" fill="{color}"/>'


def mined(x: float, y: float) -> str:
    """Draw the ring around a sample that outlier mining has labelled."""
    return (
        f'<circle cx="{x}" cy="{y}" r="9.5" fill="none" stroke="{FLOWS["epoch"]}" '
        'stroke-width="1.5" stroke-dasharray="3 2"/>'
    )


def samples(x: float, y: float, labelled: bool = False, refined: bool = False) -> str:
    """Draw all images of the training set and, below, all captions."""
    parts = []
    for draw, colors, top, turned in (
        (image, IMAGE_CLUSTERS, y, False),
        (caption, TEXT_CLUSTERS, y + 88, True),
    ):
        known: list[str | None] = [colors[n // 3] if labelled else None for n in range(9)]
        known += [colors[2] if refined else None, None]
        places = [(x + (114 - dx if turned else dx), top + dy) for dx, dy in CLUSTERED + OUTLIERS]
        parts += [draw(*place, color) for place, color in zip(places, known, strict=True)]
        parts += [mined(*places[-2])] if refined else []
    return ''.join(parts)


def person(x: float, y: float) -> str:
    """Draw an image of a person."""
    return (
        f'<g transform="translate({x} {y})"><rect width="38" height="78" rx="4" fill="#e6edf3"/>'
        '<path d="M12,44 h6.5 v28 h-6.5 z M19.5,44 h6.5 v28 h-6.5 z" fill="#1e3a5f"/>'
        '<rect x="9" y="20" width="20" height="27" rx="5" fill="#c0392b"/>'
        '<circle cx="19" cy="13" r="6.5" fill="#c68e6a"/>'
        '<path d="M12.2,12 a6.8,6.8 0 0 1 13.6,0 z" fill="#3b2a20"/></g>'
    )


def annotation_file() -> str:
    """Draw the file that everything begins with."""
    bars = ((128, 46, '#9ab8f5'), (142, 84, LINE), (156, 66, LINE))
    lines = ''.join(
        f'<rect x="40" y="{y + down}" width="{width}" height="5" rx="2.5" fill="{color}"/>'
        for down in (0, 46)
        for y, width, color in bars
    )
    words = text(84, 234, 'images, captions,') + text(84, 250, 'no identities')
    return box(24, 76, 120, 188) + text(84, 104, 'annotations', 'title') + lines + words


def pairs() -> str:
    """Draw what a batch is made of."""
    sentence = ('a man in a', 'red jacket', 'and jeans')
    return ''.join(
        (
            arrow('M144,170 H266', 'step'),
            key(205, 140, 'train_dataloader .dataset', 'step'),
            box(268, 76, 148, 188),
            text(342, 104, 'pairs', 'title'),
            person(281, 122),
            *(text(327, 147 + 17 * row, line, anchor='start') for row, line in enumerate(sentence)),
            key(342, 234, 'pipeline', 'step'),
            text(342, 250, 'augment, tokenize'),
        )
    )


def towers() -> str:
    """Draw the two towers."""
    parts = []
    for middle, name in ((119, 'image'), (221, 'text')):
        outline = f'M534,{middle - 41} L626,{middle - 26} V{middle + 26} L534,{middle + 41} z'
        parts += [
            arrow(f'M416,{middle} H530', 'step'),
            key(472, middle - 26, f'model .{name}_backbone', 'step'),
            f'<path d="{outline}" fill="#eff4ff" stroke="{FLOWS["step"]}" stroke-width="1.5" '
            'stroke-linejoin="round"/>',
            text(580, middle - 3, name, 'title'),
            text(580, middle + 15, 'tower', 'title'),
            arrow(f'M627,{middle} H716', 'step'),
        ]
    return ''.join(parts) + key(672, 162, 'model.head', 'step') + text(672, 188, 'features')


def head() -> str:
    """Draw the head: losses above, memories below."""
    own, other = IMAGE_CLUSTERS[0], TEXT_CLUSTERS[0]
    losses = (
        ('instance', image(744, 134, own) + caption(772, 134, other)),
        ('intra-modal', image(744, 156, own) + prototype(772, 156, own)),
        ('cross-modal', caption(744, 178, other) + prototype(772, 178, own)),
    )
    parts = [box(718, 58, 182, 216, FLOWS['step']), text(809, 84, 'head', 'title')]
    parts += [key(734, 112, 'losses', 'step', 'start'), key(734, 222, 'memories', 'step', 'start')]
    parts.append(f'<path d="M734,197 H884" stroke="{LINE}"/>')
    for row, (name, drawing) in enumerate(losses):
        y = 134 + 22 * row
        parts.append(f'<path d="M751,{y} H761" stroke="{MUTED}" stroke-width="1.5"/>{drawing}')
        parts.append(text(794, y + 4.5, name, anchor='start'))
    for column, color in enumerate(IMAGE_CLUSTERS + TEXT_CLUSTERS):
        parts.append(prototype(744 + 26 * column, 249, color))
    return ''.join(parts) + text(884, 222, 'prototypes', anchor='end')


def labels() -> str:
    """Draw the way from features to labels."""
    stages = ((268, 148, 'features'), (552, 134, 'clusters'), (766, 134, 'labels'))
    parts = [
        arrow('M580,264 V316 Q580,328 568,328 H354 Q342,328 342,340 V372', 'epoch'),
        f'<path d="M580,154 V186" stroke="{FLOWS["epoch"]}" stroke-width="2"/>',
        key(461, 320, 'default_hooks.pseudo_labels', 'epoch'),
        text(480, 346, 'all images and captions, not augmented'),
        *(box(x, 374, width, 212) for x, width, _ in stages),
        *(text(x + width / 2, 401, title, 'title') for x, width, title in stages),
        samples(285, 412),
        samples(562, 412, labelled=True),
        samples(776, 412, labelled=True, refined=True),
    ]
    for y, name in ((456, 'image'), (544, 'text')):
        parts += [arrow(f'M416,{y} H550', 'epoch'), key(482, y - 9, f'labeller.{name}', 'epoch')]
    parts += [
        arrow('M686,500 H764', 'epoch'),
        key(724, 475, 'labeller .refine', 'epoch'),
        arrow('M833,374 V276', 'epoch'),
        text(822, 322, 'labels', anchor='end'),
        text(822, 338, 'and prototypes', anchor='end'),
    ]
    return ''.join(parts)


def legend() -> str:
    """Explain the shapes."""
    rows = (
        (image(38, 0, IMAGE_CLUSTERS[0]), 'image, in a cluster'),
        (caption(38, 0, TEXT_CLUSTERS[0]), 'caption, in a cluster'),
        (image(31, 0) + caption(46, 0), 'without a label'),
        (image(38, 0, IMAGE_CLUSTERS[2]) + mined(38, 0), 'outlier, mined'),
        (prototype(38, 0, IMAGE_CLUSTERS[0]), 'prototype of a cluster'),
    )
    return ''.join(
        f'<g transform="translate(0 {440 + 28 * row})">{drawing}'
        f'{text(60, 4.5, words, anchor="start")}</g>'
        for row, (drawing, words) in enumerate(rows)
    )


def draw() -> str:
    """Draw the figure.

    Returns:
        str: An SVG document.
    """
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="The two flows of a training">',
        f'<style>{STYLE}</style><defs>{"".join(map(arrow_head, FLOWS))}</defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="14" fill="{PAPER}"/>',
        box(6, 6, 908, 284, '#dbe6fb', '#f6f9ff'),
        box(6, 302, 908, 300, '#f6dfd0', '#fff9f4'),
        text(26, 40, 'Every step', 'flow step', 'start'),
        text(26, 340, 'Before each epoch', 'flow epoch', 'start'),
        *(part() for part in (annotation_file, pairs, towers, head, labels, legend)),
        '</svg>',
    )
    return '\n'.join(parts) + '\n'


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figure."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    TARGET.write_text(draw(), encoding='utf-8')


if __name__ == '__main__':
    main()

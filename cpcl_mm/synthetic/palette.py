"""The colors that captions name and the pigments they are drawn with."""

Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)

COLORS: dict[str, Color] = {
    'black': (40, 40, 46),
    'white': (242, 242, 238),
    'grey': (142, 147, 154),
    'red': (204, 46, 50),
    'orange': (238, 130, 40),
    'yellow': (244, 208, 66),
    'green': (58, 146, 84),
    'blue': (50, 98, 190),
    'purple': (124, 70, 166),
    'pink': (242, 146, 178),
    'brown': (122, 80, 50),
    'beige': (216, 194, 156),
}

HAIR: dict[str, Color] = {
    'black': (36, 32, 34),
    'brown': (98, 62, 40),
    'blond': (226, 190, 110),
    'grey': (168, 168, 172),
    'red': (178, 78, 40),
}

SKIN: tuple[Color, ...] = (
    (250, 220, 196),
    (238, 196, 160),
    (212, 160, 120),
    (164, 112, 78),
    (112, 74, 52),
)

CONFUSED_WITH: dict[str, tuple[str, ...]] = {
    'black': ('grey', 'blue', 'brown'),
    'white': ('grey', 'beige', 'yellow'),
    'grey': ('black', 'white', 'blue'),
    'red': ('orange', 'pink', 'brown'),
    'orange': ('red', 'yellow', 'brown'),
    'yellow': ('orange', 'beige', 'white'),
    'green': ('blue', 'grey', 'yellow'),
    'blue': ('purple', 'green', 'black'),
    'purple': ('blue', 'pink', 'red'),
    'pink': ('red', 'purple', 'white'),
    'brown': ('black', 'beige', 'orange'),
    'beige': ('white', 'brown', 'yellow'),
}
"""The color names that a hasty witness may use instead."""

CONFUSED_HAIR: dict[str, tuple[str, ...]] = {
    'black': ('brown', 'grey'),
    'brown': ('black', 'blond', 'red'),
    'blond': ('brown', 'grey'),
    'grey': ('blond', 'black'),
    'red': ('brown', 'blond'),
}
"""The same for the color of hair."""


def scaled(color: Color, factor: float) -> Color:
    """Give the color with every channel multiplied by ``factor``, clipped to 0..255."""
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in color)
    return red, green, blue


def mixed(first: Color, second: Color, share: float) -> Color:
    """``share`` of the second color in the first, channel by channel."""
    red, green, blue = (
        round((1 - share) * a + share * b) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue

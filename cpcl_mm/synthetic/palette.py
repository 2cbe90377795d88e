"""The colours that captions name and the pigments they are drawn with."""

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)

COLOURS: dict[str, Colour] = {
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

HAIR: dict[str, Colour] = {
    'black': (36, 32, 34),
    'brown': (98, 62, 40),
    'blond': (226, 190, 110),
    'grey': (168, 168, 172),
    'red': (178, 78, 40),
}

SKIN: tuple[Colour, ...] = (
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
"""The colour names that a hasty witness may use instead."""

CONFUSED_HAIR: dict[str, tuple[str, ...]] = {
    'black': ('brown', 'grey'),
    'brown': ('black', 'blond', 'red'),
    'blond': ('brown', 'grey'),
    'grey': ('blond', 'black'),
    'red': ('brown', 'blond'),
}
"""The same for the colour of hair."""


def scaled(colour: Colour, factor: float) -> Colour:
    """The colour with every channel multiplied by ``factor``, clipped to 0..255."""
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in colour)
    return red, green, blue


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the second colour in the first, channel by channel."""
    red, green, blue = (
        round((1 - share) * a + share * b) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue

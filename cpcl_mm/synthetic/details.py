"""The table of what is drawn alike on everyone: face, hair, headwear, bags, fronts of clothes."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .canvas import Color, Pattern, Shape, ellipse, points, polygon, smooth, stroke, symmetric

TABLE = """
neck               fsb skin*.86 outline=.003 stroke.062 0,.14 0,.19
face               s   skin     ellipse .004,.087 .056,.068 | polygon .05,.075 .074,.1 .05,.108
face               s   dark     line.013 .038,.082 .038,.086
face               s   hair*.7  line.006 .03,.067 .048,.066
face               s   lips     line.007 .034,.125 .05,.123
face               s   skin*.92 ellipse -.008,.094 .011,.016
face               fb  skin     shading=.14 ellipse 0,.087 .056,.069 \
                                | ellipse -.056,.092 .011,.017 | ellipse .056,.092 .011,.017
face               f   dark     line.013 -.022,.083 -.022,.087
face               f   hair*.7  line.006 -.013,.066 -.031,.067
face               f   dark     line.013 .022,.083 .022,.087
face               f   hair*.7  line.006 .013,.066 .031,.067
face               f   skin*.8  line.006 0,.095 .004,.104
face               f   lips     line.007 -.014,.123 0,.127 .014,.123
beard              s   hair*.9  outline=.003 smooth -.016,.095 .01,.112 .056,.112 .056,.145 \
                                .02,.172 -.012,.14
beard              s   bright   line.008 .034,.128 .05,.127
beard              f   hair*.9  outline=.003 smooth 0,.113 .03,.109 .05,.088 .056,.1 .046,.145 \
                                .02,.17 0,.174 -.02,.17 -.046,.145 -.056,.1 -.05,.088 -.03,.109
beard              f   bright   line.008 -.013,.13 .013,.13
glasses/sunglasses s   dark     line.008 -.004,.083 .04,.083
glasses/sunglasses s   dark     outline=0 ellipse .042,.086 .021,.019
glasses            s   skin+.45 outline=0 shading=0 ellipse .042,.086 .015,.013
glasses            s   dark     line.01 .042,.086 .042,.087
sunglasses         s   dark     outline=0 shading=0 ellipse .042,.086 .015,.013
glasses/sunglasses f   dark     line.008 -.05,.08 .05,.08
glasses/sunglasses f   dark     outline=0 ellipse -.023,.086 .021,.019
glasses            f   skin+.45 outline=0 shading=0 ellipse -.023,.086 .015,.013
glasses            f   dark     line.01 -.023,.086 -.023,.087
sunglasses         f   dark     outline=0 shading=0 ellipse -.023,.086 .015,.013
glasses/sunglasses f   dark     outline=0 ellipse .023,.086 .021,.019
glasses            f   skin+.45 outline=0 shading=0 ellipse .023,.086 .015,.013
glasses            f   dark     line.01 .023,.086 .023,.087
sunglasses         f   dark     outline=0 shading=0 ellipse .023,.086 .015,.013

long-behind        f   hair*.85 smooth-mirrored .05,.03 .074,.1 .078,.19 .07,.255
bun                f   hair*.86 ellipse 0,-.016 .034,.03
bun                s   hair*.86 ellipse -.064,.018 .034,.03
short/ponytail/bun f   hair     smooth -.063,.088 -.067,.04 -.04,0 0,-.01 .04,0 .067,.04 \
                                .063,.088 .052,.058 .02,.046 -.028,.05 -.052,.062
long               f   hair     smooth -.063,.088 -.067,.04 -.04,0 0,-.01 .04,0 .067,.04 \
                                .063,.088 .052,.058 .02,.046 -.028,.05 -.052,.062 \
                                | smooth -.046,.03 -.066,.06 -.074,.15 -.072,.25 -.05,.262 \
                                -.05,.17 -.053,.09 \
                                | smooth .046,.03 .066,.06 .074,.15 .072,.25 .05,.262 \
                                .05,.17 .053,.09
short              s   hair     smooth .052,.05 .04,.012 0,-.008 -.045,.012 -.066,.06 \
                                -.058,.105 -.028,.125 -.022,.11 -.008,.07 .02,.048
bun                s   hair     smooth .052,.05 .04,.012 0,-.008 -.045,.012 -.066,.06 \
                                -.058,.11 -.028,.13 -.022,.11 -.008,.07 .02,.048
ponytail           s   hair     smooth .052,.05 .04,.012 0,-.008 -.045,.012 -.066,.06 \
                                -.058,.11 -.028,.13 -.022,.11 -.008,.07 .02,.048 \
                                | smooth -.05,.05 -.085,.045 -.105,.1 -.1,.2 -.08,.23 \
                                -.075,.13 -.06,.085
long               s   hair     smooth .052,.05 .04,.012 0,-.008 -.045,.012 -.066,.06 \
                                -.078,.23 -.048,.25 -.022,.11 -.008,.07 .02,.048
short/ponytail/bun b   hair     smooth-mirrored .03,-.006 .062,.035 .066,.08 .052,.115 .0364,.145
long               b   hair     smooth-mirrored .03,-.006 .062,.035 .066,.08 .078,.24 .0546,.27
bun                b   hair*.86 ellipse 0,.05 .034,.03
ponytail           b   hair*.88 smooth-mirrored .016,.05 .026,.12 .024,.2 .008,.265
ponytail           b   ribbon   line.014 -.014,.06 .014,.06
curly              f   hair     curls.026 .062,.075 .062,.04 .042,.01 .015,-.006 .02,.03 \
                                -.02,.03 -.015,-.006 -.042,.01 -.062,.04 -.062,.075
curly              s   hair     curls.027 .045,.025 .02,0 -.01,-.005 -.04,.012 -.06,.045 \
                                -.06,.085 -.045,.115 -.03,.05 .005,.03 -.03,.085
curly              b   hair     curls.03 .03,.005 .05,.04 .055,.085 .03,.115 -.03,.115 \
                                -.055,.085 -.05,.04 -.03,.005 0,0 0,.05 0,.1

cap                fsb own      mirrored 0,-.028 .03,-.022 .06,.01 .07,.052
cap                fsb own*.75  line.016 0,-.026
cap                f   own*.8   smooth -.066,.05 0,.036 .066,.05 .052,.07 0,.076 -.052,.07
cap                s   own*.8   polygon .05,.034 .12,.052 .122,.06 .04,.06
cap                b   hair     outline=.004 ellipse 0,.052 .024,.018
beanie             fsb own      smooth-mirrored .025,-.042 .06,-.008 .07,.05
beanie             fsb own*.84  smooth4 -.073,.03 .073,.03 .075,.066 -.075,.066
beanie             fsb own+.5   stroke.036 0,-.05
hat                fsb own      mirrored .045,-.04 .056,.05
hat                fsb own*.55  outline=0 polygon -.056,.022 .056,.022 .056,.042 -.056,.042
hat                fsb own      ellipse 0,.052 .11,.018

backpack-behind    s   own      smooth -.05,.2 -.13,.215 -.165,.3 -.16,.42 -.12,.46 -.05,.45
backpack-behind    s   own*.82  outline=.003 smooth -.1,.35 -.155,.35 -.15,.43 -.1,.43
backpack           f   own*.9   stroke.02 -.062,.192 -.072,.29 -.094,.38
backpack           f   own*.9   stroke.02 .062,.192 .072,.29 .094,.38
backpack           s   own*.9   stroke.02 -.045,.2 .03,.22 .03,.31 -.05,.38
backpack           b   own*.7   stroke.016 -.02,.2 .02,.2
backpack           b   own      smooth-mirrored .06,.2 .088,.24 .094,.42 .08,.47
backpack           b   own*.86  smooth-mirrored .06,.35 .068,.37 .062,.45
backpack           b   own+.6   line.008 -.062,.285 0,.272 .062,.285
scarf              fsb own      stroke.042 -.045,.182 0,.194 .045,.182
scarf              f   own      polygon .01,.19 .05,.19 .056,.34 .02,.345
scarf              f   own*.7   line.008 .022,.325 .054,.32
scarf              b   own      polygon -.05,.19 -.01,.19 -.02,.3 -.056,.29

tee/top/dress      f   skin     outline=.003 smooth -.036,.175 .036,.175 0,.225
shirt              f   own*.62  line.006 0,.21 0,.55
shirt              f   button   outline=.003 stroke.014 0,.25
shirt              f   button   outline=.003 stroke.014 0,.31
shirt              f   button   outline=.003 stroke.014 0,.37
shirt              f   button   outline=.003 stroke.014 0,.43
shirt              f   button   outline=.003 stroke.014 0,.49
shirt              f   own+.3   outline=.003 polygon 0,.205 -.02,.172 -.05,.182 -.036,.225
shirt              f   own+.3   outline=.003 polygon 0,.205 .02,.172 .05,.182 .036,.225
hoodie             b   own*.92  smooth -.07,.19 .07,.19 .062,.255 0,.29 -.062,.255
hoodie             s   own*.92  smooth -.03,.18 -.075,.185 -.1,.23 -.06,.265 0,.22
hoodie             f   own*.92  outline=.003 polygon -.045,.43 .045,.43 .065,.51 -.065,.51
hoodie             f   own+.7   line.008 -.02,.2 -.024,.265
hoodie             f   own+.7   line.008 .02,.2 .024,.265
closed-jacket      f   own*.62  line.008 0,.2 0,.556
closed-coat        f   own*.62  line.008 0,.2 0,.736
open-jacket        f   second   outline=.003 mirrored .036,.18 .044,.3 .05,.56
open-jacket        f   skin     outline=0 smooth -.03,.172 .03,.172 0,.215
open-coat          f   second   outline=.003 mirrored .036,.18 .044,.3 .05,.56
open-coat          f   skin     outline=0 smooth -.03,.172 .03,.172 0,.215
open-coat          f   lower    outline=.003 mirrored .05,.555 .052,.74
jacket/coat        f   own*.86  outline=.003 polygon -.03,.178 -.064,.192 -.05,.275 -.022,.235
jacket/coat        f   own*.62  line.008 -.06,.48 -.082,.465
jacket/coat        f   own*.86  outline=.003 polygon .03,.178 .064,.192 .05,.275 .022,.235
jacket/coat        f   own*.62  line.008 .06,.48 .082,.465
star               f   second   shading=0 outline=.003 star.046 0,.315
heart              f   second   shading=0 outline=.003 heart.046 0,.315
"""
"""In drawing order: parts, first letters of the views that show them, ink, shape.

An ink is the color of the thing itself (``own``), of another one or a fixed one, times a
brightness, or with a share of white. Shapes are written as in SVG, in figure units; the number
behind a name is a width, a radius or a number of steps.
"""

FIXED: dict[str, Color] = {
    'dark': (34, 32, 36), 'lips': (168, 74, 74), 'bright': (176, 84, 80),
    'ribbon': (196, 60, 84), 'button': (250, 250, 248),
}  # fmt: skip


def star(radius: float) -> np.ndarray:
    """Give a five-pointed star."""
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, radius, 0.45 * radius)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def heart(radius: float) -> np.ndarray:
    """Give a heart."""
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    across = 16 * np.sin(t) ** 3
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([across, down], axis=1) * radius / 16


SHAPES: dict[str, Callable[[np.ndarray, float], Shape]] = {
    'polygon': lambda knots, _: polygon(knots),
    'mirrored': lambda knots, _: polygon(symmetric(knots)),
    'smooth': lambda knots, steps: polygon(smooth(knots, int(steps or 6))),
    'smooth-mirrored': lambda knots, _: polygon(smooth(symmetric(knots))),
    'ellipse': lambda knots, _: polygon(ellipse(*knots.ravel())),
    'curls': lambda knots, radius: polygon(*(ellipse(x, y, radius, radius, 16) for x, y in knots)),
    'star': lambda center, radius: polygon(center + star(radius)),
    'heart': lambda center, radius: polygon(center + heart(radius)),
    'stroke': stroke,
    'line': stroke,
}


class Detail(NamedTuple):
    """A row of the table; ``how`` holds other arguments of :meth:`.Canvas.paint`."""

    views: str
    ink: str
    tone: float
    white: float
    shape: Shape
    how: dict[str, Any]


ROW = re.compile(
    r'(?P<parts>\S+) +(?P<views>[fsb]+) +(?P<ink>[a-z]+)(\*(?P<tone>\S+))?(\+(?P<white>\S+))? +'
    r'(?P<how>(\w+=\S+ )*)(?P<shape>.+)'
)


def _read_table() -> dict[str, list[Detail]]:
    found: dict[str, list[Detail]] = {}
    for row in ROW.finditer(TABLE):
        shape: Shape = []
        for name, size, knots in re.findall(r'([a-z-]+)([.\d]*) ([-.,\d ]+)', row['shape']):
            shape += SHAPES[name](points(knots), float(size or 0))
        how = {name: float(value) for name, value in re.findall(r'(\w+)=(\S+)', row['how'])}
        if row['shape'].startswith('line'):
            how = {'shading': 0.0, 'outline': 0.0}
        tone, white = float(row['tone'] or 1), float(row['white'] or 0)
        detail = Detail(row['views'], row['ink'], tone, white, shape, how)
        for part in row['parts'].split('/'):
            found.setdefault(part, []).append(detail)
    return found


DETAILS = _read_table()

STRIPE, CHECK, DOT = 0.034, 0.046, 0.04


def stripes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Horizontal stripes."""
    return np.mod(y, STRIPE) < STRIPE * 0.45


def checks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Crossing bands, horizontal and vertical."""
    return (np.mod(x, CHECK) < CHECK * 0.36) | (np.mod(y, CHECK) < CHECK * 0.36)


def dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Dots in rows, every second row moved by half a step."""
    row = np.floor(y / DOT)
    across = np.mod(x + 0.5 * DOT * np.mod(row, 2), DOT) - DOT / 2
    down = np.mod(y, DOT) - DOT / 2
    return across**2 + down**2 < (0.3 * DOT) ** 2


FABRICS: dict[str, Pattern] = {'stripes': stripes, 'checks': checks, 'dots': dots}

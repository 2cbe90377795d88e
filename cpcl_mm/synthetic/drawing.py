"""Draws a person: puts the parts on the canvas from back to front, each with what is worn on it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .attributes import COLORS, HAIR, SKIN, Identity
from .canvas import (
    WHITE,
    Canvas,
    Color,
    box,
    limb,
    mixed,
    points,
    polygon,
    scaled,
    smooth,
    stroke,
    symmetric,
)
from .details import DETAILS, FABRICS, FIXED
from .figure import Pose, pose_body

METAL: Color = (120, 124, 130)
GRIP: Color = (60, 62, 68)
RUBBER: Color = (44, 44, 48)
BRASS: Color = (236, 206, 110)

FAR_SIDE = 0.84
"""Brightness of the limbs on the far side of a person seen from the side."""

HEM = {
    'tee': 0.545, 'top': 0.53, 'shirt': 0.555, 'sweater': 0.55,
    'hoodie': 0.555, 'jacket': 0.56, 'coat': 0.74, 'dress': 0.70,
}  # fmt: skip
FLARE = {'coat': 0.03, 'dress': 0.055}
SLEEVE_WIDTH = {'coat': 0.068, 'jacket': 0.064, 'hoodie': 0.062, 'sweater': 0.06}
TIGHT_SLEEVE_WIDTH = 0.056

BARE_WIDTHS = (0.9, 0.66, 0.5)
LEG_WIDTHS = {'trousers': (1.08, 0.86, 0.72), 'jeans': (1.02, 0.74, 0.58), 'shorts': (1.12, 1.1)}
"""Widths at hip, knee and ankle, as multiples of the body's thigh."""


class Figure:
    """Draws the parts of a person in a pose."""

    def __init__(self, canvas: Canvas, identity: Identity, pose: Pose) -> None:
        self.identity, self.view, self.body = identity, pose.view, pose_body(identity, pose)
        self.paint, self.line = canvas.paint, canvas.line

    def color(self, name: str, tone: float = 1.0, white: float = 0.0) -> Color:
        """Give the color of skin, hair, the thing in a slot or the upper garment's second one."""
        who = self.identity
        if name == 'skin':
            color = SKIN[who.skin]
        elif name == 'hair':
            color = scaled(HAIR[who.hair.color], who.shade)
        else:
            worn = who.upper.second if name == 'second' else getattr(who, name).color
            color = scaled(COLORS[worn], who.shade)
        return mixed(scaled(color, tone), WHITE, white)

    def details(self, part: str, own: str = 'skin') -> None:
        """Draw what the table has for a part; ``own`` names the color of the thing itself."""
        for detail in DETAILS.get(part, ()):
            if self.view[0] in detail.views:
                ink = own if detail.ink == 'own' else detail.ink
                color = FIXED.get(ink) or self.color(ink, detail.tone, detail.white)
                self.paint(detail.shape, color, **detail.how)

    # Arms and torso

    def light(self, nearness: int) -> float:
        """Give the brightness of the arm or leg behind (0) or of the other one (1)."""
        return FAR_SIDE if self.view == 'side' and nearness == 0 else 1.0

    def arm(self, nearness: int) -> None:
        """Draw one arm with sleeve and hand."""
        girth = self.body.thigh / 0.082
        skin = self.color('skin', self.light(nearness))
        joints = self.body.arms[nearness]
        self.paint(limb(joints, (0.05 * girth, 0.04 * girth, 0.034)), skin)
        self.paint(stroke([joints[2], joints[2] + (0, 0.014)], 0.042), skin)
        self.sleeve(nearness)

    def sleeve(self, nearness: int) -> None:
        """Draw the sleeve of one arm, if the upper garment has any."""
        shoulder, elbow, hand = self.body.arms[nearness]
        upper = self.identity.upper
        width = SLEEVE_WIDTH.get(upper.kind, TIGHT_SLEEVE_WIDTH) * self.body.thigh / 0.082
        if upper.sleeves == 'long':
            cuff = between(elbow, hand, 0.9)
            sleeve = limb([shoulder, elbow, cuff], (width, 0.88 * width, 0.8 * width))
        elif upper.sleeves == 'short':
            sleeve = limb([shoulder, between(shoulder, elbow, 0.62)], (width, 1.1 * width))
        else:
            return
        self.paint(sleeve, self.color('upper', self.light(nearness)), **self._fabric())

    def _fabric(self) -> dict[str, Any]:
        """Give how to paint the upper garment's all-over pattern, if it has one."""
        pattern = FABRICS.get(self.identity.upper.pattern)
        return {'pattern': pattern, 'second': self.color('second')} if pattern else {}

    def torso(self) -> None:
        """Draw the upper garment without its sleeves."""
        body, kind, pattern = self.body, self.identity.upper.kind, self.identity.upper.pattern
        hip = body.hip + (0.012 if kind in SLEEVE_WIDTH else 0.0)
        half = [
            (0.034 if self.view == 'side' else 0.04, 0.182),
            (0.8 * body.shoulder, 0.198),
            (body.shoulder, 0.226),
            (body.shoulder - 0.012, 0.29),
            (body.waist + (0.012 if kind in SLEEVE_WIDTH else 0.0), 0.42),
            (hip, 0.52),
            (hip + FLARE.get(kind, 0.0), HEM[kind]),
        ]
        self.paint(polygon(symmetric(half)), self.color('upper'), **self._fabric())
        if kind == 'dress':
            belt = box(-body.waist * 1.03, 0.415, body.waist * 1.03, 0.44)
            self.paint(polygon(belt), self.color('upper', 0.7), outline=0.0)
        self.details(pattern)
        if kind == 'sweater' and self.view == 'front':
            hem = box(-body.hip - 0.012, 0.53, body.hip + 0.012, 0.552)
            self.paint(polygon(hem), self.color('upper', 0.85), outline=0.0)
        self.details(f'{"open" if pattern == "open" else "closed"}-{kind}', 'upper')
        self.details(kind, 'upper')

    # Legs

    def legs(self) -> None:
        """Draw both legs with the lower garment and the shoes, the hindmost first."""
        bare = self.identity.upper.kind == 'dress'
        for nearness, joints in enumerate(self.body.legs):
            self._leg(joints, BARE_WIDTHS, self.color('skin', self.light(nearness)))
            if not bare:
                self._trouser_leg(joints, self.light(nearness))
            self._shoe(nearness, self.light(nearness))
        if not bare:
            self._seat()

    def lower(self) -> None:
        """Draw the lower garment alone."""
        for joints in self.body.legs:
            self._trouser_leg(joints, 1.0)
        self._seat()

    def shoes(self) -> None:
        """Draw the shoes alone."""
        for nearness in (0, 1):
            self._shoe(nearness, 1.0)

    def _leg(self, joints: np.ndarray, widths: tuple[float, ...], color: Color) -> None:
        self.paint(limb(joints, [share * self.body.thigh for share in widths]), color)

    def _trouser_leg(self, joints: np.ndarray, light: float) -> None:
        kind, color = self.identity.lower.kind, self.color('lower', light)
        if kind == 'shorts':
            joints = np.stack([joints[0], between(joints[0], joints[1], 0.8)])
        if kind in LEG_WIDTHS:
            self._leg(joints, LEG_WIDTHS[kind], color)
        if kind == 'jeans':  # the light cuff by which they are told from trousers
            half, (x, y) = 0.31 * self.body.thigh, joints[2]
            cuff = box(x - half, y - 0.03, x + half, y - 0.002)
            self.paint(polygon(cuff), mixed(color, WHITE, 0.45), outline=0.003)

    def _seat(self) -> None:
        """Draw the part of the lower garment that joins the legs, or the whole skirt."""
        waist, hip = self.body.waist, self.body.hip
        if self.identity.lower.kind == 'skirt':
            half = [(waist, 0.48), (hip + 0.01, 0.55), (hip + 0.035, 0.705)]
            self.paint(polygon(symmetric(half)), self.color('lower'))
        else:
            half = [(waist, 0.48), (hip, 0.53), (hip - 0.004, 0.57), (0.012, 0.595)]
            self.paint(polygon(symmetric(half)), self.color('lower'), outline=0.0)

    def _shoe(self, nearness: int, light: float) -> None:
        """Draw the shoe of the leg drawn first (0) or of the other one (1)."""
        ankle, shoes, color = (
            self.body.legs[nearness][2],
            self.identity.shoes,
            self.color('shoes', light),
        )
        foot, sole = self._shoe_outlines(ankle, outward=2 * nearness - 1)
        if shoes.kind == 'boots':
            self.paint(polygon(ankle + box(-0.031, -0.1, 0.031, 0.01), foot), color)
            cuff = ankle + box(-0.034, -0.105, 0.034, -0.085)
            self.paint(polygon(cuff), scaled(color, 0.8), outline=0.003)
        else:
            self.paint(
                polygon(foot), self.color('skin', light) if shoes.kind == 'sandals' else color
            )
        if shoes.kind == 'sandals':
            self.line(ankle + points('-.028,-.006 .028,-.006'), 0.014, color)
            toes = '-.028,.022 .05,.022' if self.view == 'side' else '-.028,.022 .028,.022'
            self.line(ankle + points(toes), 0.014, color)
        if shoes.kind == 'sneakers':  # their soles are light
            color = (196, 198, 202) if shoes.color == 'white' else (246, 246, 244)
        else:
            color = scaled(color, 0.6)
        self.paint(polygon(sole), color, outline=0.003)

    def _shoe_outlines(self, ankle: np.ndarray, outward: int) -> tuple[np.ndarray, np.ndarray]:
        """Give the outlines of shoe and sole; ``outward`` is the side that the tip turns to."""
        if self.view == 'side':
            foot = points('-.034,-.02 .02,-.022 .05,.008 .085,.02 .09,.042 -.036,.042')
            return smooth(ankle + foot, 4), ankle + box(-0.037, 0.034, 0.09, 0.047)
        tip = (0.006 * outward, 0.05 if self.view == 'front' else 0.034)
        toes = tip + points('.036,-.01 .02,0 -.02,0 -.036,-.01')
        foot = np.concatenate([points('-.028,-.02 .028,-.02'), toes])
        return smooth(ankle + foot, 4), ankle + tip + box(-0.035, -0.012, 0.035, 0.002)

    # Bags and scarf

    def bag_behind(self) -> None:
        """Draw a backpack that the body hides in part, seen from the front or the side."""
        if self._carries('backpack'):
            if self.view == 'front':
                x = self.body.shoulder
                half = [(0.09, 0.2), (x + 0.012, 0.26), (x + 0.008, 0.42), (0.08, 0.46)]
                self.paint(polygon(smooth(symmetric(half))), self.color('bag', 0.8))
            self.details('backpack-behind', 'bag')

    def _carries(self, *kinds: str) -> bool:
        return self.identity.bag is not None and self.identity.bag.kind in kinds

    def on_torso(self) -> None:
        """Draw the straps of a backpack or all of it, a shoulder bag, a scarf."""
        if self._carries('backpack'):
            self.details('backpack', 'bag')
        if self._carries('shoulder bag'):
            self._shoulder_bag()
        if self.identity.scarf is not None:
            self.details('scarf', 'scarf')

    def _shoulder_bag(self) -> None:
        """Draw a bag at the hip on a strap that crosses the torso."""
        start, x = (
            ((0.0, 0.19), 0.0) if self.view == 'side' else ((-0.06, 0.192), self.body.hip + 0.012)
        )
        self.paint(stroke([start, (x, 0.47)], 0.016), self.color('bag', 0.85))
        pouch = (x, 0) + points('-.055,.46 .055,.46 .06,.56 -.06,.56')
        self.paint(polygon(smooth(pouch, 5)), self.color('bag'))
        flap = (x, 0) + points('-.056,.458 .056,.458 .05,.51 -.05,.51')
        self.paint(polygon(smooth(flap, 5)), self.color('bag', 0.85), outline=0.003)

    def in_hand(self) -> None:
        """Draw a handbag or a suitcase, if there is one."""
        hand = self.body.arms[1 if self.view == 'side' else 0][2]
        if self._carries('handbag'):
            self._handbag(hand)
        if self._carries('suitcase'):
            self._suitcase(hand[0] - (0.05 if self.view == 'side' else 0.028), hand[1])

    def _handbag(self, hand: np.ndarray) -> None:
        arch = hand + points('-.034,.07 -.022,.012 .022,.012 .034,.07')
        self.line(arch, 0.01, self.color('bag', 0.7))
        sack = hand + points('-.046,.06 .046,.06 .06,.15 -.06,.15')
        self.paint(polygon(sack), self.color('bag'))
        self.paint(stroke(hand + points('0,.074 0,.08'), 0.016), BRASS, outline=0.003)

    def _suitcase(self, x: float, y: float) -> None:
        for pole in (x - 0.026, x + 0.026):
            self.line([(pole, y), (pole, 0.7)], 0.009, METAL)
        self.line([(x - 0.03, y), (x + 0.03, y)], 0.016, GRIP)
        self.paint(polygon(smooth(box(x - 0.062, 0.69, x + 0.062, 0.935), 8)), self.color('bag'))
        for ridge in (x - 0.026, x, x + 0.026):
            self.line([(ridge, 0.715), (ridge, 0.91)], 0.007, self.color('bag', 0.78))
        for wheel in (x - 0.042, x + 0.042):
            self.paint(stroke([(wheel, 0.953), (wheel, 0.955)], 0.026), RUBBER)

    # Head

    def head(self) -> None:
        """Draw the head with everything on it."""
        who = self.identity
        self.details('face')
        if who.beard:
            self.details('beard')
        self.details(who.hair.kind)
        if who.eyewear:
            self.details(who.eyewear)
        self.headwear()
        if self.view == 'back' and self._carries('backpack'):
            self.on_torso()  # the backpack lies over long hair

    def headwear(self) -> None:
        """Draw the headwear, if there is any."""
        if self.identity.headwear is not None:
            self.details(self.identity.headwear.kind, 'headwear')


def between(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Give the point that lies ``share`` of the way from start to end."""
    return (1 - share) * start + share * end


def draw_person(canvas: Canvas, identity: Identity, pose: Pose) -> None:
    """Draw a person in a pose; the head's top is at y = 0, the soles at y = 1."""
    figure = Figure(canvas, identity, pose)
    behind = [0] if pose.view == 'side' else [1] if pose.view == 'back' and pose.bend else []
    arms: list[Callable[[], None]] = [
        partial(figure.arm, arm) for arm in (0, 1) if arm not in behind
    ]
    hung = [figure.on_torso, figure.in_hand]
    figure.bag_behind()
    figure.details(f'{identity.hair.kind}-behind')
    for arm in behind:
        figure.arm(arm)
    figure.legs()
    figure.details('neck')
    figure.torso()
    for draw in (*hung, *arms) if pose.view == 'side' else (*arms, *hung):
        draw()
    figure.head()


def draw_article(canvas: Canvas, identity: Identity, slot: str, pose: Pose) -> None:
    """Draw one thing of a person, without the person."""
    alone = {'bag': replace(identity, scarf=None), 'scarf': replace(identity, bag=None)}
    figure = Figure(canvas, alone.get(slot, identity), pose)
    bags_and_scarf = [figure.bag_behind, figure.on_torso, figure.in_hand]
    steps: dict[str, list[Callable[[], None]]] = {
        'upper': [partial(figure.sleeve, 0), partial(figure.sleeve, 1), figure.torso],
        'lower': [figure.lower],
        'shoes': [figure.shoes],
        'headwear': [figure.headwear],
        'bag': bags_and_scarf,
        'scarf': bags_and_scarf,
    }
    for draw in steps[slot]:
        draw()

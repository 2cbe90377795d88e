"""Fabric patterns and logos as functions of figure coordinates."""

import numpy as np

from .canvas import Pattern, Point

STRIPE = 0.034
CHECK = 0.046
DOT = 0.04


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


def star(x: float, y: float, radius: float) -> list[Point]:
    """Give a five-pointed star."""
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, radius, 0.45 * radius)
    return [
        (x + float(r * np.cos(a)), y + float(r * np.sin(a)))
        for r, a in zip(radii, angles, strict=True)
    ]


def heart(x: float, y: float, radius: float) -> list[Point]:
    """Give a heart."""
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    across = 16 * np.sin(t) ** 3
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return [
        (x + float(a) * radius / 16, y + float(d) * radius / 16)
        for a, d in zip(across, down, strict=True)
    ]


LOGOS = {'star': star, 'heart': heart}

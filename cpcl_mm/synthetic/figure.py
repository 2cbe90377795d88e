"""How a person stands: the pose and the joints that follow from it.

Figure units: x across, y down, body height 1.
"""

from dataclasses import dataclass

import numpy as np

from .attributes import Identity

VIEWS = ('front', 'back', 'side')


@dataclass(frozen=True)
class Pose:
    """The view and the moment of a walk."""

    view: str  # 'front', 'back' or 'side' (facing right unless mirrored)
    stride: float  # from -1 (left foot ahead) to 1
    bend: float  # how far one forearm is raised, from 0 to 1


@dataclass(frozen=True)
class Body:
    """Joints and half widths of a person in a pose; the limb that is named first lies behind."""

    legs: np.ndarray  # (2, 3, 2): hip, knee, ankle
    arms: np.ndarray  # (2, 3, 2): shoulder, elbow, hand
    shoulder: float  # half width at y = 0.205
    waist: float  # half width at y = 0.42
    hip: float  # half width at y = 0.52
    thigh: float  # width of a thigh, from which other limbs follow


def pose_body(identity: Identity, pose: Pose) -> Body:
    """Give the joints of a person in a pose."""
    woman = identity.gender == 'woman'
    girth = identity.girth * (0.93 if woman else 1.0)
    if pose.view == 'side':
        return _side(girth, pose)
    shoulder, waist, hip = (0.106, 0.078, 0.098) if woman else (0.118, 0.096, 0.094)
    return _frontal(shoulder * girth, waist * girth, hip * girth, 0.082 * girth, pose)


def _frontal(shoulder: float, waist: float, hip: float, thigh: float, pose: Pose) -> Body:
    legs, arms = [], []
    for side in (-1, 1):
        lift = 0.035 * max(0.0, side * pose.stride)
        ankle = side * (0.045 + 0.02 * abs(pose.stride))
        joint = side * (hip - thigh / 2 - 0.004)
        legs.append([(joint, 0.53), (ankle * 1.06, 0.735 - lift / 2), (ankle, 0.94 - lift)])
        raised = pose.bend if side == 1 else 0.0
        across = (shoulder + 0.03) * (1 - raised) + 0.035 * raised
        hand = (side * across, 0.495 + 0.02 * side * pose.stride - 0.16 * raised)
        arms.append([(side * (shoulder - 0.022), 0.236), (side * (shoulder + 0.026), 0.365), hand])
    return Body(np.array(legs), np.array(arms), shoulder, waist, hip, thigh)


def _side(girth: float, pose: Pose) -> Body:
    reach = 0.045 + 0.085 * abs(pose.stride)
    ahead = [(0.0, 0.53), (0.75 * reach, 0.735), (reach + 0.01, 0.94)]
    behind = [(0.0, 0.53), (-0.2 * reach, 0.745), (-1.15 * reach, 0.92)]
    legs = [behind, ahead] if pose.stride >= 0 else [ahead, behind]
    swing = 0.75 * reach
    near = [(-0.005, 0.235), (-0.55 * swing - 0.02, 0.37), (-0.75 * swing + 0.02, 0.49)]
    far = [(0.005, 0.235), (0.5 * swing, 0.37), (1.25 * swing + 0.03, 0.475 - 0.1 * pose.bend)]
    widths = (width * girth for width in (0.074, 0.072, 0.08, 0.088))
    return Body(np.array(legs), np.array([far, near]), *widths)


def sample_pose(rng: np.random.Generator, back_view: float, side_view: float) -> Pose:
    """Give a random pose; the shares of back and side views are given, the rest is frontal."""
    draw = rng.random()
    view = 'back' if draw < back_view else 'side' if draw < back_view + side_view else 'front'
    bend = float(rng.uniform(0.4, 1)) if rng.random() < 0.25 else 0.0
    return Pose(view, float(rng.uniform(-1, 1)), bend)

"""What an image shows of a person: the view, a hat and a dress hide attributes."""

from .attributes import Identity


def visible(identity: Identity, view: str, hides_shoes: bool) -> frozenset[str]:
    """Names of the attributes that an image of this view shows.

    Args:
        identity: Who is in the image.
        view: ``'front'``, ``'back'`` or ``'side'``.
        hides_shoes: Whether something stands before the feet.

    Returns:
        A subset of ``hair hair_style headwear eyewear beard upper logo open lower shoes bag
        scarf``.
    """
    shown = {'upper', 'headwear', 'scarf'}
    if view != 'back':
        shown |= {'eyewear', 'beard'}
    if view == 'front':
        shown |= {'logo', 'open'}
    if identity.upper.kind != 'dress':
        shown.add('lower')
    if not hides_shoes:
        shown.add('shoes')
    if identity.bag is None or identity.bag.kind != 'backpack' or view != 'front':
        shown.add('bag')
    return frozenset(shown | _visible_hair(identity, view))


def _visible_hair(identity: Identity, view: str) -> set[str]:
    style, covered = identity.hair.kind, identity.headwear is not None
    if covered and (style == 'bald' or (view == 'front' and style != 'long')):
        return set()
    if style == 'ponytail':
        return {'hair'} if view == 'front' else {'hair', 'hair_style'}
    return {'hair'} if covered and style != 'long' else {'hair', 'hair_style'}

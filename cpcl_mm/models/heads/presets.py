"""What presets of the head have in common."""

from typing import Any

Settings = dict[str, Any]


def split_memory_settings(memory: Settings | None) -> tuple[Settings, Settings]:
    """Separate the settings of a memory from that of the contrast with it.

    Args:
        memory (dict, optional): Settings of :class:`PrototypeMemory`, and a ``temperature``.

    Returns:
        tuple[dict, dict]: Settings of the memory, and of :class:`PrototypeLoss`.
    """
    settings = dict(memory or {})
    contrast = {key: settings.pop(key) for key in ('temperature',) if key in settings}
    return settings, contrast

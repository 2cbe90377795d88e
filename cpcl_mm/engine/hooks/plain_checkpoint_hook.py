"""Checkpoints that torch can read alone."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.plain_data import to_plain


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Writes checkpoints as plain data.

    ``torch.load(file)``, which reads data only, then needs no exception for the log that mmengine
    stores beside the weights, and neither this package nor mmengine. With or without this hook,
    :mod:`cpcl_mm.utils.safe_checkpoints` gives the log back to a Runner that resumes.
    """

    # After the hooks that put something into the checkpoint.
    priority = 'LOWEST'

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Bring everything into its plain form."""
        checkpoint.update(to_plain(checkpoint))

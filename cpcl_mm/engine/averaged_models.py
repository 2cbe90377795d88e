"""Averaged copies of a model, as EMAHook keeps them, and buffers that change their size."""

from mmengine.hooks import EMAHook
from mmengine.runner import Runner

from cpcl_mm.models.utils import ResizableBuffers


def resize_averaged_buffers(runner: Runner) -> None:
    """Give the buffers of averaged models the sizes that the model's own have.

    After every step EMAHook copies or averages buffer by buffer, which needs equal shapes; with
    ``update_buffers`` it does so through references that it took at the start. Labels and memories
    get another size when a clustering finds other clusters or a checkpoint is loaded: call this
    after either. The copies take the model's own values, since an average over the prototypes of
    two clusterings would mean nothing.

    Args:
        runner (Runner): The runner of the training process.
    """
    for hook in runner.hooks:
        if not isinstance(hook, EMAHook):
            continue
        averaged = hook.ema_model
        for own, copy in zip(hook.src_model.modules(), averaged.module.modules(), strict=True):
            for name in own.resizable_buffers if isinstance(own, ResizableBuffers) else ():
                device = getattr(copy, name).device
                setattr(copy, name, getattr(own, name).to(device, copy=True))
        if averaged.update_buffers:
            averaged.avg_parameters = averaged.module.state_dict()

"""Helpers around the package: dependency check, safe checkpoints, distributed start."""

from mmengine.registry import DefaultScope


def register_all_modules(init_default_scope: bool = True) -> None:
    """Register every class of the package; :func:`mmengine.hub.get_model` calls this.

    Plain type names are looked for in this package first, unless ``init_default_scope`` is False.
    """
    # Importing the package has registered them.
    if init_default_scope and not DefaultScope.check_instance_created('cpcl_mm'):
        DefaultScope.get_instance('cpcl_mm', scope_name='cpcl_mm')

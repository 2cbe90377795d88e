"""Whether the installed dependencies can be used, before anything imports them."""

import importlib
import importlib.util
import pkgutil
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from packaging.version import Version

# Distributions of one entry provide the same module; any of them will do.
MINIMUM_VERSIONS: dict[tuple[str, ...], str] = {
    ('torch',): '2.6',
    ('mmengine', 'mmengine-lite'): '0.10.7',
    ('mmcv', 'mmcv-lite'): '2.0.0',
    ('mmpretrain',): '1.2.0',
    ('open_clip_torch',): '3.0.0',
    ('faiss-gpu', 'faiss-cpu', 'faiss'): '1.9',
}
# Installed, but broken, in ways that only an import shows.
IMPORTS = {
    'torchvision': 'torch and torchvision must be a matching pair',
    'pkg_resources': 'mmengine needs it, and setuptools 81 dropped it: "setuptools<81"',
}


def check_requirements() -> None:
    """Check the dependencies whose wrong version fails late or in riddles.

    Raises:
        ImportError: Which one is missing, too old or broken, and what to install.
    """
    for names, minimum in MINIMUM_VERSIONS.items():
        _check_version(names, minimum)
    for module, reason in IMPORTS.items():
        import_optional(module, 'cpcl_mm', f'{reason}; take the packages that setup.py lists')


def restore_find_loader() -> None:
    """Give ``pkgutil`` back what Python 3.14 dropped, and mmengine 0.10 and mmcv 2.2 call."""
    if not hasattr(pkgutil, 'find_loader'):
        pkgutil.find_loader = importlib.util.find_spec  # type: ignore[assignment]


def _check_version(names: tuple[str, ...], minimum: str) -> None:
    """Compare the first installed distribution of several with the least version."""
    for name in names:
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if Version(found) < Version(minimum):
            raise ImportError(
                f'cpcl_mm needs {name} >= {minimum}, but {found} is installed: '
                f'pip install -U "{name}>={minimum}"'
            )
        return
    raise ImportError(
        f'cpcl_mm needs {" or ".join(names)}, which is not installed: '
        f'pip install "{names[-1] if names[0] == "mmcv" else names[0]}>={minimum}"'
    )


def import_optional(module: str, purpose: str, remedy: str) -> ModuleType:
    """Import a package that only a part of this one needs; else say for what, and the remedy."""
    try:
        return importlib.import_module(module)
    # A GPU build without its CUDA packages raises RuntimeError or OSError.
    except (ImportError, RuntimeError, OSError) as error:
        raise ImportError(
            f'{purpose} needs {module}, which cannot be imported ({error}): {remedy}'
        ) from error

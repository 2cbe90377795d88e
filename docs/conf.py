"""Settings of the site: ``python -m sphinx -W --keep-going docs site``."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'cpcl_mm'

project = 'cpcl_mm'
extensions = ['sphinx.ext.autodoc', 'sphinx.ext.mathjax', 'sphinx.ext.napoleon']
extensions += ['sphinx.ext.viewcode', 'myst_parser']
html_theme = 'furo'
html_title = project
html_show_copyright = False
myst_heading_anchors = 3
add_module_names = False
autodoc_default_options = {'imported-members': True, 'show-inheritance': True}
# Signatures stay short: the docstrings say the types.
autodoc_typehints = 'none'
napoleon_use_ivar = True


def setup(app: Sphinx) -> None:
    """Tell Sphinx what happens when."""
    app.connect('builder-inited', lambda app: write_api_pages(Path(app.srcdir, 'api')))
    app.connect('source-read', add_readme)


def add_readme(app: Sphinx, page: str, source: list[str]) -> None:
    """Begin the first page with the README, whose links lead from the root of the repository."""
    if page == 'index':
        readme = (ROOT / 'README.md').read_text(encoding='utf-8')
        source[0] = re.sub(r'(\[[^]]*\])\((?!http|#)([^)]+)\)', _from_docs, readme) + source[0]


def _from_docs(link: re.Match[str]) -> str:
    text, target = link.groups()
    if (ROOT / target).is_dir():  # Sphinx has no page for a folder
        return text[1:-1]
    if target.startswith('docs/'):
        return f'{text}({target.removeprefix("docs/")})'
    page = target.lower()  # contributing.md, changelog.md
    return f'{text}({page})' if (ROOT / 'docs' / page).is_file() else f'{text}(../{target})'


def write_api_pages(folder: Path) -> None:
    """Write a page for each room of the package, with all that it and its parts export."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob('*.md'):
        old.unlink()
    for init in sorted(PACKAGE.glob('*/__init__.py')):
        seen: set[str] = set()
        parts = [_automodule(module, seen) for module in _packages(init.parent)]
        if any(parts):
            title = f'# {init.parent.name}\n\n'
            (folder / f'{init.parent.name}.md').write_text(title + ''.join(parts), encoding='utf-8')


def _packages(folder: Path) -> Iterator[ModuleType]:
    """Import a package, then those in it."""
    for init in sorted(folder.rglob('__init__.py'), key=lambda path: (len(path.parts), path)):
        yield importlib.import_module('.'.join(init.parent.relative_to(ROOT).parts))


def _automodule(module: ModuleType, seen: set[str]) -> str:
    """Document what a package exports and the one around it does not."""
    names = [
        name
        for name in getattr(module, '__all__', ())
        if name not in seen and not isinstance(getattr(module, name), ModuleType)
    ]
    seen.update(names)
    if not names:
        return ''
    directive = f'.. automodule:: {module.__name__}\n   :members: {", ".join(names)}\n'
    return f'```{{eval-rst}}\n{directive}```\n\n'

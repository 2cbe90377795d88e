"""Package metadata and the dependencies that one ``pip install`` brings."""

import os
import runpy
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
HAS_FAISS_GPU = 'sys_platform == "linux" and platform_machine == "x86_64"'
NO_FAISS_GPU = 'sys_platform != "linux" or platform_machine != "x86_64"'

# mmcv and mmcv-lite install the same `mmcv` module; whoever built the full one
# keeps it with `CPCL_MM_MMCV=mmcv pip install -e .` (see README).
MMCV = os.environ.get('CPCL_MM_MMCV', 'mmcv-lite')

INSTALL_REQUIRES = [
    # torch 2.6 is the first that loads checkpoints without executing code.
    'torch>=2.6',
    # mmpretrain and open_clip import torchvision without declaring it.
    'torchvision>=0.21',
    'mmengine>=0.10.7',
    f'{MMCV}>=2.0',
    'mmpretrain>=1.2.0',
    'open_clip_torch>=3.0',
    f'faiss-gpu>=1.14; {HAS_FAISS_GPU}',
    f'faiss-cpu>=1.9; {NO_FAISS_GPU}',
    # mmengine imports pkg_resources, which setuptools 81 dropped.
    'setuptools<81',
    # Compiled loops for clustering and ranking, without a build step.
    'numba>=0.60',
    'numpy>=1.26',
    'scipy>=1.11',
    'scikit-learn>=1.4',
    'pillow>=10',
    # Safe start of two processes that both find the built-in data set missing.
    'filelock>=3.12',
    'matplotlib>=3.7',
    # TensorBoard scalars by one line of config.
    'tensorboard>=2.14',
    'tqdm>=4.65',
    # Finds tokenizer files that the hub's cache already holds.
    'huggingface_hub>=0.24',
]

# Tokenizers of CLIP families beside OpenAI's, such as SigLIP.
TRANSFORMERS = 'transformers>=4.40'

DEMO = [
    # The local web page of tools/serve.py: application, server, templates, uploads.
    'starlette>=1.0',
    'uvicorn>=0.30',
    'jinja2>=3.1',
    'python-multipart>=0.0.18',
]

# Exporting to ONNX (torch's exporter needs onnx and onnxscript) and searching with the export.
ONNX = ['onnx>=1.17', 'onnxscript>=0.5', 'onnxruntime>=1.20']

# The statistics of tools/ablation: pairs, groups and missing runs are what it is made for. Nothing
# else needs it, and none of the packages above bring it.
ABLATION = ['pandas>=2.2']

# The memory of worker processes, what they share divided among them, for tools/benchmarks.
BENCHMARKS = ['psutil>=5.9']

EXTRAS = {
    'ablation': ABLATION,
    'benchmarks': BENCHMARKS,
    'transformers': [TRANSFORMERS],
    'demo': DEMO,
    'onnx': ONNX,
    # The site of docs/: a page is made of Markdown or, by importing the package, of docstrings.
    'docs': ['sphinx>=8', 'furo>=2024.8', 'myst-parser>=4', *DEMO],
    'tests': [
        'pytest>=8',
        'hypothesis>=6.100',
        # Runs the test files on all cores.
        'pytest-xdist>=3.6',
        # An independent implementation that the retrieval metric is checked against.
        'torchmetrics>=1.3',
        'mypy>=1.10',
        'ruff>=0.6',
        TRANSFORMERS,
        *ABLATION,
        *BENCHMARKS,
        *DEMO,
        *ONNX,
        # Starlette's test client.
        'httpx2>=2.0',
        # Drives a browser of the system, and brings none.
        'playwright>=1.45',
    ],
}


setup(
    name='cpcl_mm',
    # Read without importing the package: its dependencies may not be there yet.
    version=runpy.run_path(str(ROOT / 'cpcl_mm' / 'version.py'))['__version__'],
    description='Weakly supervised text-based person retrieval (CPCL) for OpenMMLab',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Topic :: Scientific/Engineering :: Image Recognition',
        # CONTRIBUTING.md says what was tried with which.
        *(f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 15)),
    ],
    packages=find_packages(include=['cpcl_mm', 'cpcl_mm.*']),
    package_data={
        'cpcl_mm': [
            'py.typed',
            'models/architectures/*.json',
            'weights/*',
            'search/web/templates/*.html',
            'search/web/static/*',
            # Links to configs and tools, which become files in a wheel: OpenMMLab's way.
            '.mim/model-index.yml',
            '.mim/configs/**/*',
            '.mim/tools/**/*',
        ]
    },
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS,
    # cpcl-train, cpcl-search, ...: a command for each tool.
    entry_points={
        'console_scripts': [
            f'cpcl-{tool.stem.replace("_", "-")} = cpcl_mm.commands:{tool.stem}'
            for tool in sorted((ROOT / 'tools').glob('*.py'))
        ]
    },
)

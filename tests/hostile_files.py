"""Files that strangers might send, by the entrance that they come in at.

Nothing in here is dangerous where it is held. Where it were not, it would write the file ``PWNED``
into the working directory, import the module ``this``, ask for port 9 of this machine, or remove
``thesis.txt``. Checkpoints are in ``hostile_checkpoints.py``.
"""

import io
import json
import pickle
import runpy
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

# By its path: whether tests can import each other depends on how pytest is started.
CHECKPOINTS = runpy.run_path(str(Path(__file__).with_name('hostile_checkpoints.py')))
Attack, Call = CHECKPOINTS['Attack'], CHECKPOINTS['Call']
changed, written = CHECKPOINTS['changed'], CHECKPOINTS['written']
EVIL, URL = CHECKPOINTS['EVIL'], CHECKPOINTS['URL']
POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 16
%%EndComments
(PWNED) (w) file closefile showpage
%%EOF
"""


TOWER = "dict(architecture='cpcl-tiny', type='CLIPImageTower')"
TEXT = "dict(architecture='cpcl-tiny', type='CLIPTextTower')"
SIZES = 'embed_dim=8, vision_cfg=dict(image_size=8, {}), text_cfg=dict(width=8, {})'


def _model(image: str = TOWER, text: str = TEXT, head: str = 'None') -> str:
    parts = f'image_backbone={image}, text_backbone={text}, head={head}'
    return f"\nmodel = dict(type='TextToImageRetriever', {parts})"


def _tower(vision: str = '', text: str = '') -> str:
    return _model(f"dict(type='CLIPImageTower', architecture=dict({SIZES.format(vision, text)}))")


VQA = f"""dict(type='mmpretrain.VQAGenerationHead', decoder=dict(type='ReLU'),
    inference_method='rank', num_ans_candidates=1, answer_list_path={URL!r})"""
HUB = "dict(type='HuggingFaceClassifier', model_name='.', trust_remote_code=True)"

CONFIGS: dict[str, tuple[str, bool]] = {
    'a head that loads a pickle': (_model(head=VQA), False),
    'a tower that loads a pickle': (_model(VQA), True),
    'a tower that runs code of a hub': (_model(HUB), True),
    'a type that is imported': (_model("dict(type='this.Evil')"), True),
    'a type that is a function': (_model("dict(type='os.system', command='touch PWNED')"), True),
    'a scope that is imported': ("\ndefault_scope = 'this'", True),
    'a scope of a tower': (_model(TOWER.replace('(', "(_scope_='this', ")), True),
    'weights of a tower': (_model(TOWER.replace('(', f'(pretrained={URL!r}, ')), False),
    'weights by init_cfg': (
        _model(TOWER.replace('(', f"(init_cfg=dict(type='Pretrained', checkpoint={URL!r}), ")),
        False,
    ),
    'an architecture of a hub': (_model(TOWER.replace('cpcl-tiny', 'hf-hub:evil/evil')), True),
    'an architecture of a folder': (_model(TOWER.replace('cpcl-tiny', 'local-dir:.')), True),
    'a timm model of a hub': (_tower("timm_model_name='hf-hub:evil/evil'"), True),
    'a text model of a hub': (_tower(text="hf_model_name='evil/evil'"), True),
    'a tokenizer that brings code': (
        _tower(text='tokenizer_kwargs=dict(trust_remote_code=1)'),
        True,
    ),
    'imports': ("\ncustom_imports = dict(imports=['this'])", False),
    'statements': (f'\n{EVIL}\nimport this', False),
    'a value that is a call': (f'\nmodel = {EVIL}', True),
    'a value that is a lambda': (f'\nmodel = (lambda: {EVIL})()', True),
    'a value that never ends': ('\nmodel = ' + '(' * 10_000, True),
    'a model that is none': ('\nmodel = 5', True),
}
"""What is added to the text of a checkpoint's config; whether that is refused."""

TRANSFORMS: dict[str, str] = {
    'a transform that is imported': "dict(type='this.Evil')",
    'a transform that is a function': "dict(type='os.system', command='touch PWNED')",
    'a transform with a scope': "dict(type='LoadImage', _scope_='this')",
    'a transform of any code': "dict(type='torchvision/Lambda', lambd='x')",
    'a store of files': "dict(type='LoadImage', backend_args=dict(backend='petrel'))",
    'a file of words': "dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', words='evil'))",
    'a tokenizer of a hub': (
        "dict(type='Tokenize', tokenizer=dict(type='HuggingFaceTokenizer', name_or_path='evil'))"
    ),
    'a tokenizer with code': (
        "dict(type='Tokenize', tokenizer=dict(type='OpenCLIPTokenizer', local_files='tokenizer', "
        "architecture='ViT-B-16-SigLIP'))"
    ),
    'transforms that are none': '5',
}
"""Added as the first test transform; all are refused."""


def _config_attacks() -> list[Attack]:
    def add(text: str) -> Callable[[Path, Path], Path]:
        make = changed(lambda content: content['meta'].update(cfg=content['meta']['cfg'] + text))

        def with_tokenizer(good: Path, folder: Path) -> Path:
            write_tokenizer(Path('tokenizer'))
            return make(good, folder)

        return with_tokenizer

    attacks = [Attack('search', name, add(text), held) for name, (text, held) in CONFIGS.items()]
    pipeline = (
        "\ntest_dataloader = dict(dataset=dict(pipeline=[{}, dict(type='PackImageCaption')]))"
    )
    return attacks + [
        Attack('search', name, add(pipeline.format(step))) for name, step in TRANSFORMS.items()
    ]


def write_tokenizer(folder: Path) -> None:
    """Write a tokenizer of the Hugging Face hub that brings code."""
    folder.mkdir(exist_ok=True)
    (folder / 'evil.py').write_text(f'{EVIL}\nclass Evil: pass\n')
    auto = {'AutoTokenizer': ['evil.Evil', None]}
    (folder / 'tokenizer_config.json').write_text(
        json.dumps({'tokenizer_class': 'Evil', 'auto_map': auto})
    )


def write_export(folder: Path, **changed: Any) -> Path:
    """Write an export whose towers are none, so that it is refused at last."""
    from cpcl_mm.search.export_manifest import Manifest, hash_files

    folder.mkdir()
    write_tokenizer(folder / 'tokenizer')
    for tower in ('image', 'text'):
        (folder / f'{tower}.onnx').write_bytes(b'')
    facts: dict[str, Any] = dict(
        **dict(fingerprint='a', checkpoint='a.pth', dimensions=8, image_size=[8, 8]),
        **dict(channel_order='RGB', mean=[1.0] * 3, std=[1.0] * 3, context_length=8, vocab_size=9),
        **dict(max_difference=0.0, scope='cpcl_mm', pipeline='[]', files=hash_files(folder)),
    )
    Manifest(**{**facts, **changed}).write(folder)
    return folder


def _export(**changed: Any) -> Callable[[Path, Path], Path]:
    return lambda good, folder: write_export(folder / 'export', **changed)


def _export_attacks() -> list[Attack]:
    changes: dict[str, dict[str, Any]] = {
        name: dict(pipeline=repr([eval(step), {'type': 'PackImageCaption'}]))
        for name, step in TRANSFORMS.items()
    } | {
        'a scope that is imported': dict(scope='this'),
        'transforms that are a call': dict(pipeline=EVIL),
        'files outside of it': dict(files={'/dev/zero': 'a'}),
        'no towers': {},
    }
    return [Attack('ONNX folder', name, _export(**change)) for name, change in changes.items()]


def _gallery(source: str = 'epoch_1.pth', **arrays: Any) -> Callable[[Path, Path], Path]:
    def make(good: Path, folder: Path) -> Path:
        header = {
            **dict(format='cpcl_mm gallery', version=1, index={}),
            'model': dict(fingerprint='a', source=source),
        }
        whole = {
            'header': np.frombuffer(json.dumps(header).encode(), np.uint8),
            'entries': np.frombuffer(b'[["a.jpg", "1"]]', np.uint8),
            'features': np.eye(1, 8, dtype=np.float32),
        }
        Path('evil.py').write_text(EVIL)
        torch.save({'state_dict': {}, 'a': Call(exec, EVIL)}, 'evil.pth')
        np.savez(folder / 'evil.npz', **(whole | arrays))
        return folder / 'evil.npz'

    return make


def _huge(good: Path, folder: Path) -> Path:
    """A gallery whose features say that they are 4 TB."""
    path = _gallery()(good, folder)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    shape = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        shape, {'descr': '<f4', 'fortran_order': False, 'shape': (2**40, 1)}
    )
    with zipfile.ZipFile(path, 'w') as archive:
        for name, content in (parts | {'features.npy': shape.getvalue()}).items():
            archive.writestr(name, content)
    return path


def _gallery_attacks() -> list[Attack]:
    evil = np.array([Call(exec, EVIL)], dtype=object)
    made = {
        'a pickle in its features': _gallery(features=evil),
        'a pickle in its header': _gallery(header=evil),
        'a pickle in its names': _gallery(entries=evil),
        'a pickle': written(pickle.dumps(Call(exec, EVIL)), 'evil.npz'),
        'a model that is a config': _gallery('evil.py'),
        'a model that runs code': _gallery('evil.pth'),
        'a model of an address': _gallery(URL),
        'names that never end': _gallery(entries=np.frombuffer(b'[' * 10**5, np.uint8)),
        'features of 4 TB': _huge,
    }
    return [Attack('gallery', name, make) for name, make in made.items()]


def _image_attacks() -> list[Attack]:
    return [
        Attack(entrance, f'PostScript named {suffix}', written(POSTSCRIPT, f'evil{suffix}'), held)
        # A figure has a grey tile in its place.
        for entrance, held in (('image', True), ('figure', False))
        for suffix in ('.jpg', '.png', '.tif')
    ]


def _records(path: str) -> bytes:
    record = {'id': 0, 'img_path': path, 'captions': ['a man'], 'split': 'test'}
    return json.dumps([record]).encode()


def _annotation_attacks() -> list[Attack]:
    yaml = b'!!python/object/apply:os.system ["touch PWNED"]'
    csv = b'id,img_path,captions,split\n0,"=cmd|\' /C calc\'!A0","a man",test\n'
    files = {
        'a pickle': ('evil.json', pickle.dumps(Call(exec, EVIL))),
        'YAML that calls': ('evil.json', yaml),
        'Python': ('evil.jsonl', EVIL.encode()),
        'a formula': ('evil.csv', csv),
        'an image of an address': ('evil.json', _records(URL)),
        'an image of a store': ('evil.json', _records('s3://evil/a.jpg')),
        'an image that is a command': ('evil.json', _records('| touch PWNED')),
        'lists that never end': ('evil.json', b'[' * 10**5),
    }
    return [
        Attack('annotation file', name, written(content, file))
        for name, (file, content) in files.items()
    ]


ATTACKS = [
    *CHECKPOINTS['ATTACKS'],
    *_config_attacks(),
    *_export_attacks(),
    *_gallery_attacks(),
    *_image_attacks(),
    *_annotation_attacks(),
]
"""All of them."""

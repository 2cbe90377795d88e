"""Kill every documented command at many moments, start it again, and compare with a run in peace.

``python tests/kill_anywhere.py`` writes the second table of ``docs/security.md``, in ten minutes;
``python tests/kill_anywhere.py train`` tries one command and writes nothing.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / 'docs' / 'security.md'
TABLE = re.compile(r'(?<=<!-- kills -->\n).*?(?=<!-- end -->)', re.DOTALL)
# Files that say when, how long or with which arguments.
OTHER = re.compile(r'\d{8}_\d{6}/|history\.jsonl$|wall_time\.json$|config\.py$|\.lock$')
CONFIG = """
_base_ = [{base!r}]
people = dict(train_identities=16, val_identities=6, test_identities=6)
data = dict(type='SyntheticPedes', data_root={root!r}, settings=people)
train_dataloader = dict(batch_size=16, dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
train_cfg = dict(max_epochs=3, val_interval=1)
default_hooks = dict(pseudo_labels=dict(start=1))
"""


@dataclass(frozen=True)
class Command:
    """A documented command, and when to kill it.

    Attributes:
        arguments (str): Tool and arguments; what it needs is in ``{given}``.
        moments (list): Shares of its usual time, and patterns of files in ``{made}`` to wait for.
        again (str): Argument to go on with. Defaults to ``''``.
    """

    arguments: str
    moments: list[float | str]
    again: str = ''

    def start(self, given: Path, made: Path, *more: str) -> subprocess.Popen:
        """Start the command in a process group of its own."""
        tool, *arguments = self.arguments.format(given=given, made=made).split()
        with (made.parent / 'log.txt').open('ab') as log:
            return subprocess.Popen(
                [sys.executable, str(HERE.parent / 'tools' / tool), *arguments, *more],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1'},
            )


COMMANDS = {
    'draw': Command(
        'make_synthetic_pedes.py --root {made}/set --workers 2 --train-identities 60 '
        '--val-identities 10 --test-identities 10',
        [0.8, '.set.partial-*', '.set.partial-*/imgs/val/*', '.set.partial-*/data_captions.json']
        + ['*set*/settings.json', 'set'],
    ),
    'train, cluster, validate, save': Command(
        'train.py {given}/config.py --work-dir {made}/run',
        [0.6, 0.75, '.set.partial-*', 'run/epoch_1.pth', 'run/pseudo_labels/epoch_002*']
        + ['run/best*_2.pth.unfinished', 'run/epoch_3.pth.unfinished', 'run/test_scores.json*'],
        again='--resume',
    ),
    'index': Command(
        'index_gallery.py {given}/epoch_3.pth {given}/imgs --gallery {made}/g.npz --batch-size 16',
        [0.8, 'g.npz.parts', 'g.npz.parts/*0.npz', 'g.npz.parts/*2.npz.unfinished']
        + ['g.npz.parts/*6.npz', 'g.npz.unfinished', 'g.npz'],
    ),
    'export': Command(
        'export_onnx.py {given}/epoch_3.pth --out {made}/exported',
        [0.6, 'exported.unfinished', 'exported.unfinished/image.onnx']
        + ['exported.unfinished/text.onnx', 'exported*/export.json', 'exported'],
    ),
}


def content_of(folder: Path) -> dict[str, str]:
    """Digest all that a command made, by name: numbers of checkpoints, bytes of other files."""
    files = (path for path in folder.rglob('*') if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: _digest(path) for name, path in names.items() if not OTHER.search(name)}


def _digest(path: Path) -> str:
    if path.suffix != '.pth':
        return hashlib.sha256(path.read_bytes()).hexdigest()
    checkpoint = torch.load(path)
    # They hold the times of steps, too.
    for timed in ('meta', 'message_hub'):
        checkpoint.pop(timed)
    return hashlib.sha256(b''.join(_pieces(checkpoint))).hexdigest()


def _pieces(value: Any) -> Iterator[bytes]:
    """Yield a nested value piece by piece."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield repr(key).encode()
            yield from _pieces(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _pieces(one)
    else:
        yield value.numpy().tobytes() if isinstance(value, torch.Tensor) else repr(value).encode()


def kill(process: subprocess.Popen, moment: float | str, made: Path, usual: float) -> bool:
    """Kill a command and its children at a moment; False if it ended before."""
    begin = time.monotonic()

    def has_come() -> bool:
        if isinstance(moment, str):
            return any(made.glob(moment))
        return time.monotonic() - begin >= moment * usual

    while not has_come():
        if process.poll() is not None:
            return False
        time.sleep(0.0005)
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def try_command(name: str, given: Path, made: Path) -> tuple[int, int]:
    """Kill a command at its moments; count how often, and how often it went on to equal files."""
    command = COMMANDS[name]
    # Always at the same path, which galleries hold.
    _empty(made)
    begin = time.monotonic()
    if command.start(given, made).wait():
        sys.exit(f'{name} fails in peace: see {made.parent / "log.txt"}')
    usual, expected = time.monotonic() - begin, content_of(made)
    tried = held = 0
    for moment in command.moments:
        _empty(made)
        if not kill(command.start(given, made), moment, made, usual):
            print(f'{name} at {moment}: it ended before')
            continue
        status = command.start(given, made, *command.again.split()).wait()
        found = content_of(made)
        others = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
        print(f'{name} at {moment}: status {status}, other files: {others or "none"}', flush=True)
        tried += 1
        held += not status and not others
    return tried, held


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def prepare(given: Path, made: Path) -> None:
    """Train in peace: a checkpoint, and images of which one is broken, to index and export."""
    base = HERE.parent / 'configs' / 'cpcl_synthetic.py'
    (given / 'config.py').write_text(CONFIG.format(base=str(base), root=str(made / 'set')))
    _empty(made)
    COMMANDS['train, cluster, validate, save'].start(given, made).wait()
    (made / 'run' / 'epoch_3.pth').rename(given / 'epoch_3.pth')
    (made / 'set' / 'imgs').rename(given / 'imgs')
    (given / 'imgs' / 'broken.jpg').write_bytes(b'')


def main() -> None:
    """Try the commands that are named, or all; after all, write the table."""
    chosen = [name for name in COMMANDS if name.split(',')[0] in (sys.argv[1:] or name)]
    folder = Path(tempfile.mkdtemp(prefix='kill_anywhere_'))
    given, made = folder / 'given', folder / 'made'
    given.mkdir()
    prepare(given, made)
    rows = {name: try_command(name, given, made) for name in chosen}
    rows['all'] = tuple(map(sum, zip(*rows.values(), strict=True)))
    lines = ['| command | killed | went on to equal files |', '|---|---|---|']
    lines += [f'| {name} | {tried} | {held} |' for name, (tried, held) in rows.items()]
    table = '\n'.join([*lines, ''])
    if len(chosen) == len(COMMANDS):
        PAGE.write_text(TABLE.sub(table, PAGE.read_text(encoding='utf-8')), encoding='utf-8')
        shutil.rmtree(folder)
    print(table)


if __name__ == '__main__':
    main()

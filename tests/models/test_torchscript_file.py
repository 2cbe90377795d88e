import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from cpcl_mm.models.torchscript_file import is_torchscript, read_torchscript
from cpcl_mm.models.weights_file import read_weights

pytestmark = pytest.mark.filterwarnings('ignore::FutureWarning', 'ignore::DeprecationWarning')


class Small(nn.Module):
    """Parameters, a shared tensor, a view, lists and numbers."""

    sizes: list[int]

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 2).half()
        self.blocks = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.register_buffer('rows', torch.arange(12).view(3, 4)[1:])
        self.register_buffer('same_rows', self.rows)
        self.register_buffer('nothing', torch.empty(0))
        self.register_buffer('flipped', torch.arange(6.0).view(2, 3).T)
        self.register_buffer('brain', torch.ones(2, dtype=torch.bfloat16))
        self.sizes = [1, 2]
        self.ratio = 0.5

    def forward(self, x):
        return self.blocks(x) * self.ratio


@pytest.fixture
def archive(tmp_path):
    model = Small()
    torch.jit.script(model).save(tmp_path / 'small.pt')
    return model, tmp_path / 'small.pt'


def test_every_tensor_is_read_as_torch_reads_it(archive):
    _, path = archive
    expected = torch.jit.load(path).state_dict()
    tensors = read_torchscript(path)
    assert tensors.keys() == expected.keys()
    for name, tensor in expected.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_other_files_are_no_archives_of_torchscript(archive, tmp_path):
    assert is_torchscript(archive[1])
    torch.save({'a': torch.ones(1)}, tmp_path / 'state.pt')
    assert not is_torchscript(tmp_path / 'state.pt')
    assert not is_torchscript(tmp_path / 'missing.pt')


def with_entry(path, name, content):
    """Exchange an entry of an archive."""
    evil = path.with_name('evil.pt')
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(evil, 'w') as new:
        for entry in old.namelist():
            new.writestr(entry, content if Path(entry).name == name else old.read(entry))
    return evil


class Call:
    def __reduce__(self):
        return exec, ("open('PWNED', 'w').close()",)


TENSOR = b'ctorch._utils\n_rebuild_tensor_v2\n'
STORAGE = b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI%d\ntQ"


@pytest.mark.parametrize(
    ('content', 'meaning'),
    [
        (pickle.dumps(Call()), 'asks for builtins.exec'),
        (b"cos\nsystem\n(S'touch PWNED'\ntR.", 'asks for os.system'),
        (b"(ios\nsystem\nS'touch PWNED'\n.", 'asks for os.system'),
        (b'ctorch\nload\n.', 'asks for torch.load'),
        (b'ctorch.jit\nload\n.', 'asks for torch.jit.load'),
        # Attributes of what the reader stands in with.
        (TENSOR + b"}S'__call__'\nS'evil'\nsb.", 'changes a function'),
        (b"c__torch__.a\nA\n}S'a'\nS'evil'\nsb.", 'argument'),
        # A tensor that is larger than what holds it, by a stride of 0.
        (
            TENSOR + b'(' + STORAGE % 12 + b'I0\n(I1000000000\nt(I0\ntI00\n}tR.',
            'does not hold|not 12',
        ),
        (TENSOR + b'(' + STORAGE % 2**40 + b'I0\n(I1\nt(I1\ntI00\n}tR.', 'is not 1099511627776'),
        (b"(S'storage'\nctorch\nFloatStorage\nS'../a'\nS'cpu'\nI1\ntQ.", 'names a storage'),
        (b"(S'storage'\nS'os'\nS'0'\nS'cpu'\nI1\ntQ.", 'names a storage'),
        (b'', 'Ran out of input'),
    ],
    ids=range(12),
)
def test_whatever_is_no_module_is_refused_and_nothing_runs(
    archive, tmp_path, monkeypatch, content, meaning
):
    monkeypatch.chdir(tmp_path)
    evil = with_entry(archive[1], 'data.pkl', content)
    with pytest.raises(Exception, match=meaning):
        read_torchscript(evil)
    with pytest.raises(ValueError, match='evil.pt is a TorchScript archive, and cannot'):
        read_weights(evil)
    assert not (tmp_path / 'PWNED').exists()


def test_modules_that_hold_each_other_end(archive):
    # A list of modules in the memo, the first of which is its own part.
    content = b'c__torch__.a\nA\n)\x81q\x00}U\x04selfh\x00sb.'
    assert read_torchscript(with_entry(archive[1], 'data.pkl', b'\x80\x02' + content)) == {}


def test_the_code_of_an_archive_is_not_read(archive):
    model, path = archive
    evil = with_entry(path, 'torchscript_file.py', b'import this')
    with zipfile.ZipFile(evil) as old:
        code = next(name for name in old.namelist() if '/code/' in name and name.endswith('.py'))
    evil = with_entry(path, Path(code).name, b'this is no code')
    with pytest.raises(RuntimeError):
        torch.jit.load(evil)
    assert torch.equal(read_torchscript(evil)['blocks.0.weight'], model.blocks[0].weight)

import json

import PIL.Image
import pytest

from cpcl_mm.search import GalleryFile, PersonSearcher

TOOL = 'search.py'


@pytest.fixture
def gallery(small_checkpoint, crops):
    searcher = PersonSearcher(small_checkpoint, device='cpu')
    searcher.index(crops, save_to=crops.with_name('crops.npz'))
    return crops.with_name('crops.npz')


@pytest.fixture
def run(exit_of_tool):
    """Run the tool on the CPU; exit code, output and errors."""
    return lambda *args: exit_of_tool(TOOL, *args, '--device', 'cpu')


def test_a_table_and_a_picture(run, gallery, tmp_path):
    out_file = tmp_path / 'new' / 'sheet.png'
    code, out, err = run('a red shirt', '--gallery', gallery, '--topk', 2, '--out', out_file)
    assert code == 0
    title, header, first, second = out.splitlines()
    assert title == 'a red shirt'
    assert header.split() == ['rank', 'score', 'image']
    assert first.split()[0] == '1'
    assert second.split()[0] == '2'
    assert first.endswith('.png')
    assert PIL.Image.open(out_file).width > 600
    assert 'gone' not in out + err


def test_a_gallery_with_any_name_can_be_searched(run, gallery, tmp_path):
    loaded = GalleryFile(gallery).load()
    loaded.put([('/old/caf\udce9\n.png', '1')], loaded.features[:1])
    GalleryFile(gallery).save(loaded)
    code, out, _ = run('red', '--gallery', gallery, '--out', tmp_path / 'sheet.png')
    assert code == 0
    assert r'/old/caf\udce9\n.png  (the file is gone)' in out
    code, out, _ = run('red', '--gallery', gallery, '--json')
    assert '/old/caf\udce9\n.png' in [result['path'] for result in json.loads(out)[0]['results']]


def test_json_is_all_that_is_printed(run, gallery, crops):
    (crops / 'red.png').unlink()
    queries = ['a red shirt ' * 20, 'a checkered shirt']
    _, out, err = run(*queries, '--gallery', gallery, '--json')
    found = json.loads(out)
    assert [answer['query'] for answer in found] == queries
    results = found[0]['results']
    assert [result['rank'] for result in results] == [1, 2, 3]
    assert results[0].keys() == {'rank', 'score', 'path', 'gone'}
    assert [result['gone'] for result in results] == [
        result['path'].endswith('red.png') for result in results
    ]
    assert '--prune takes them out' in err
    warnings = [line for line in err.splitlines() if line.startswith('warning: the model')]
    assert ' ignores the end ' in warnings[0]
    assert warnings[1].endswith('that it does not know: checkered')


def test_by_image_and_by_both(run, gallery, crops):
    image = crops / 'red.png'
    _, out, _ = run('--image', image, '--gallery', gallery, '--topk', 1)
    assert out.splitlines()[0] == f'like {image}'
    assert out.splitlines()[2].split() == ['1', '1.000', str(image)]
    _, out, _ = run('a shirt', '--image', image, '--gallery', gallery, '--image-weight', 0.9)
    assert out.splitlines()[0] == f'a shirt, like {image}'
    assert out.splitlines()[2].endswith('red.png')


def test_reranking(run, gallery):
    code, out, _ = run('a red shirt', '--gallery', gallery, '--rerank')
    assert code == 0
    assert len(out.splitlines()) == 5


@pytest.mark.parametrize(
    ('args', 'code', 'says'),
    [
        (['', '--gallery', 'GALLERY'], 1, 'search.py: query 0 is empty'),
        (['red', '--gallery', 'nowhere.npz'], 1, 'no gallery nowhere.npz'),
        (['red', '--gallery', 'GALLERY', '--topk', 0], 1, 'topk=0'),
        (['--gallery', 'GALLERY'], 2, 'give a sentence in quotes, or --image'),
    ],
)
def test_an_error_is_one_sentence(run, gallery, args, code, says):
    found, _, err = run(*(gallery if arg == 'GALLERY' else arg for arg in args))
    assert found == code
    assert says in err
    assert 'Traceback' not in err


def test_the_help_teaches(run):
    _, out, _ = run('--help')
    assert '"a man in a red jacket" --gallery crops.npz --topk 10 --out sheet.png' in out

import io
import os
import sys

import pytest

from cpcl_mm.apis import parse_run_args, run_parser, tool_parser


@pytest.fixture
def parse(monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['tool.py', *arguments])
        return parse_run_args(run_parser('what it does', 'examples: ...'))

    monkeypatch.delenv('LOCAL_RANK', raising=False)
    yield run
    os.environ.pop('LOCAL_RANK', None)


def test_options_are_read_as_values(parse):
    args = parse('config.py', '--cfg-options', 'a.b=1', 'c=[1,2]', 'd=text')
    assert args.cfg_options == {'a.b': 1, 'c': [1, 2], 'd': 'text'}
    assert (args.launcher, args.work_dir) == ('none', None)


@pytest.mark.parametrize('flag', ['--local-rank', '--local_rank'])
def test_mmengine_learns_the_local_rank(parse, flag):
    parse('config.py', flag, '1')
    assert os.environ['LOCAL_RANK'] == '1'


def test_the_rank_that_torchrun_set_stays(parse, monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '3')
    parse('config.py')
    assert os.environ['LOCAL_RANK'] == '3'


def test_the_help_shows_description_and_examples():
    text = run_parser('what it does', 'examples: ...').format_help()
    assert 'what it does' in text
    assert text.rstrip().endswith('examples: ...')
    assert 'local' not in text


def test_the_help_keeps_the_lines_of_examples():
    examples = 'examples:\n  one\n\n  another\n'
    assert examples in tool_parser('What it does.', examples).format_help()


def test_any_name_of_a_file_can_be_printed(monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(buffer, encoding='ascii'))
    tool_parser('what it does', '')
    print('caf\udce9, 女', flush=True)
    assert buffer.getvalue() == b'caf\\udce9, \\u5973\n'

import pytest

from cpcl_mm.utils.config_text import parse_config_text


@pytest.mark.parametrize(
    'code',
    [
        "model = __import__('os').system('false')",
        "model = dict(type=exec('raise SystemExit'))",
        'model = (lambda: 1)()',
        "model = [dict(a=1) for _ in '1']",
        "model = dict(**{'a': 1})",
        'model = torch.float32',
        'model = {{}: 1}',
    ],
)
def test_anything_but_plain_values_is_refused_and_nothing_is_executed(code):
    with pytest.raises(SyntaxError, match='model is no plain value'):
        parse_config_text(code, ['model'])


def test_statements_and_settings_that_do_not_matter_are_passed_over():
    text = 'raise SystemExit\nimport os\nlr = os.getpid()\nmodel = dict(a=-1)\n'
    assert parse_config_text(text, ['model']) == {'model': {'a': -1}}

"""The text of a config, read as data: nothing in it is executed."""

import ast
from collections.abc import Sequence
from typing import Any


def parse_config_text(text: str, keys: Sequence[str]) -> dict[str, Any]:
    r"""Read the assignments to some names in the text of a config as data.

    Raises:
        SyntaxError: If one of them is no plain value.

    Examples:
        >>> from cpcl_mm.utils.config_text import parse_config_text
        >>> text = "lr = float('1e-3')\nmodel = dict(type='A', size=(96, 48))"
        >>> parse_config_text(text, ['model'])
        {'model': {'type': 'A', 'size': (96, 48)}}
    """
    values = {}
    try:
        nodes = ast.parse(text).body
    except ValueError as error:
        raise SyntaxError(str(error)) from error
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in keys:
                values[name] = _literal(name, node.value)
    return values


def _literal(name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(_DictCalls().visit(node))
    except (TypeError, ValueError) as error:
        raise SyntaxError(f'{name} is no plain value: {error}') from error


class _DictCalls(ast.NodeTransformer):
    """Writes ``dict(a=1)`` as ``{'a': 1}``, so that it is a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802 (named by ast)
        self.generic_visit(node)
        is_dict = isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args
        if not is_dict or any(keyword.arg is None for keyword in node.keywords):
            return node
        return ast.Dict(
            keys=[ast.Constant(keyword.arg) for keyword in node.keywords],
            values=[keyword.value for keyword in node.keywords],
        )

"""The network of a sandbox: what the host does for workers that are started, workers do for themselves when they are forked."""

import ast
from pathlib import Path

from unshelf.host.sandbox import network as of_the_host
from unshelf.worker.process import network as of_a_worker


def code_of(module: object) -> str:
    """The code of a module without what it says of itself."""
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text())
    assert isinstance(tree.body[0], ast.Expr), "it begins with a docstring"
    return ast.unparse(ast.Module(body=tree.body[1:], type_ignores=[]))


def test_host_and_worker_do_the_same() -> None:
    """Neither can have it from the other: each runs from its own folder alone, on the standard library."""
    assert code_of(of_the_host) == code_of(of_a_worker)

"""Finds the operation of an exported PyTorch program that may mix rows: every tensor must keep the rows on its first axis.

An exported program tells the shape of each tensor, with a symbol for the number of rows. An operation counts as mixing unless it is
known here, its answer has that symbol on the first axis, and the axes that it works along are others."""

from collections.abc import Iterator
from typing import Any

_EACH_VALUE = frozenset("""_to_copy abs add alias ceil clamp clamp_max clamp_min clone contiguous cos detach div elu eq erf exp expm1 floor
    ge gelu gt hardsigmoid hardswish hardtanh le leaky_relu log log1p logical_and logical_not logical_or lt mish mul ne neg pow
    reciprocal relu relu6 round rsqrt rsub selu sigmoid sign silu sin softplus sqrt square sub tanh to where
""".split())  # noqa: SIM905  # fmt: skip
_OF_ROWS = frozenset("""adaptive_avg_pool1d adaptive_avg_pool2d avg_pool1d avg_pool2d avg_pool3d conv1d conv2d conv3d group_norm layer_norm
    linear max_pool1d max_pool2d max_pool3d
""".split())  # noqa: SIM905  # fmt: skip
"""Operations on each row of their first argument, all of whose other tensors are weights."""
_ALONG = frozenset("""amax amin argmax argmin cumsum log_softmax max mean min select slice softmax split squeeze sum topk
    unflatten unsqueeze
""".split())  # noqa: SIM905  # fmt: skip
"""Operations along the axes that their second argument names."""
_SHAPES = frozenset({"view", "reshape"})


class _Mixes(Exception):
    """The operation may mix rows."""


def mixing_operation(program: Any) -> str:
    """Name the first operation of the program that may mix rows, as a phrase; empty when none does."""
    inputs = set(program.graph_signature.user_inputs)
    rows: set[str] = set()
    symbols: set[str] = set()
    for node in program.graph.nodes:
        if node.op == "placeholder":
            if node.name in inputs:
                symbols.add(str(_shape(node)[0]))
                rows.add(node.name)
        elif node.op == "call_function":
            try:
                if _keeps_rows(node, rows, symbols):
                    rows.add(node.name)
            except (_Mixes, IndexError, TypeError):
                return f"the program's operation {node.target}"
    return "" if len(symbols) == 1 else "a program whose inputs differ in their numbers of rows"


def _keeps_rows(node: Any, rows: set[str], symbols: set[str]) -> bool:
    """Whether the node's answer holds rows; False for what holds none. Raises _Mixes."""
    name = str(getattr(node.target, "__name__", node.target)).partition(".")[0]
    held = [argument for argument in _nodes(node.args, node.kwargs) if argument.name in rows]
    if name == "sym_size":
        return False
    if any(not _is_tensor(argument) for argument in _nodes(node.args, node.kwargs)) and name not in {
        *_SHAPES,
        "getitem",
    }:
        raise _Mixes  # the number of rows itself, in a calculation
    if name == "getitem":
        if held and not _leads(_shape(node), symbols):
            raise _Mixes
        return bool(held)
    if not held:
        if any(_is_tensor(node) and str(size) in symbols for size in _shape(node)) or "rand" in name:
            raise _Mixes
        return False
    if not all(_leads(shape, symbols) for shape in _shapes(node)):
        raise _Mixes
    _check(name, node, held)
    return True


def _check(name: str, node: Any, held: list[Any]) -> None:
    """Raise _Mixes unless the operation is known to keep rows apart, as it is used here."""
    first = node.args[0]
    if name in _EACH_VALUE or name == "dropout":
        _check_broadcast(node, held)
        allowed = name != "dropout" or node.args[2] is False
    elif name in _OF_ROWS:
        allowed = held == [first] and len(_shape(first)) >= 2
    elif name == "batch_norm":
        allowed = held == [first] and node.args[5] is False
    elif name == "embedding":
        allowed = held == [node.args[1]]
    elif name in ("mm", "matmul"):
        allowed = (held == [first] and len(_shape(first)) >= 2 and len(_shape(node.args[1])) == 2) or _are_alike(
            held, 3
        )
    elif name == "addmm":
        allowed = held == [node.args[1]] and len(_shape(first)) == 1
    elif name in ("bmm", "scaled_dot_product_attention"):
        allowed = _are_alike(held, 3) and len(node.args) <= 3
    elif name in _SHAPES:
        allowed = held == [first]
    elif name in ("cat", "stack"):
        allowed = len(node.args) > 1 and len(held) == len(first) and _inner([node.args[1]], len(_shape(node)))
    elif name == "permute":
        allowed = node.args[1][0] == 0
    elif name == "transpose":
        allowed = _inner(list(node.args[1:3]), len(_shape(first)))
    elif name == "flatten":
        allowed = len(node.args) > 1 and _inner([node.args[1]], len(_shape(first)))
    elif name in _ALONG:
        axes = node.args[2 if name in ("topk", "split") else 1]
        rank = len(_shape(first)) + (name == "unsqueeze")
        allowed = held == [first] and _inner(list(axes) if isinstance(axes, (list, tuple)) else [axes], rank)
    else:
        allowed = False
    if not allowed:
        raise _Mixes


def _check_broadcast(node: Any, held: list[Any]) -> None:
    rank = len(_shape(node))
    for argument in _nodes(node.args, node.kwargs):
        shape = _shape(argument)
        if argument in held:
            if len(shape) != rank:
                raise _Mixes
        elif len(shape) == rank and shape[0] != 1:
            raise _Mixes


def _inner(axes: list[Any], rank: int) -> bool:
    """Whether these axes are known, and none of them is the first."""
    return bool(axes) and all(isinstance(axis, int) and -rank < axis < rank and axis != 0 for axis in axes)


def _are_alike(held: list[Any], least_rank: int) -> bool:
    ranks = {len(_shape(each)) for each in held}
    return len(held) > 1 and len(ranks) == 1 and min(ranks) >= least_rank


def _leads(shape: Any, symbols: set[str]) -> bool:
    return len(shape) > 0 and str(shape[0]) in symbols


def _nodes(*arguments: Any) -> Iterator[Any]:
    """The nodes among the arguments, also inside of lists."""
    for argument in arguments:
        if isinstance(argument, (list, tuple)):
            yield from _nodes(*argument)
        elif isinstance(argument, dict):
            yield from _nodes(*argument.values())
        elif hasattr(argument, "meta") and hasattr(argument, "op"):
            yield argument


def _is_tensor(node: Any) -> bool:
    value = node.meta.get("val")
    return hasattr(value, "shape") or isinstance(value, (list, tuple))


def _shape(node: Any) -> Any:
    return node.meta["val"].shape if hasattr(node.meta.get("val"), "shape") else ()


def _shapes(node: Any) -> list[Any]:
    """The shapes of all its answers."""
    value = node.meta.get("val")
    return (
        [each.shape for each in value]
        if isinstance(value, (list, tuple))
        else [value.shape if value is not None else ()]
    )

"""Finds the node of an ONNX graph that may mix rows: every node is followed, and must leave each row at its place on the first axis.

Each operator that is known has a rule here. An operator without one, or used in another way than the rule knows (an axis that a
tensor computes, a shape that depends on the number of rows), counts as mixing."""

from collections.abc import Callable
from pathlib import Path

from .onnx_file import Constant, Node, read_graph

_ROW = -1
"""The rank of an array (1, rows), in which some converters look up labels; they make it an array (rows) at once."""

_EACH_VALUE = frozenset("""Abs Acos Acosh Asin Asinh Atan Atanh Binarizer Cast CategoryMapper Ceil Celu Clip Cos Cosh DequantizeLinear Elu
    Erf Exp Floor Gelu HardSigmoid HardSwish Identity Imputer IsInf IsNaN LabelEncoder LeakyRelu Log Mish Neg Normalizer Not
    QuantizeLinear Reciprocal Relu Round Scaler Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu
""".split())  # noqa: SIM905  # fmt: skip
_BROADCAST = frozenset("""Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow PRelu Sub Sum Where Xor
""".split())  # noqa: SIM905  # fmt: skip
_OF_IMAGES = frozenset("""AveragePool BatchNormalization Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalMaxPool
    InstanceNormalization LRN LpPool MaxPool SpaceToDepth
""".split())  # noqa: SIM905  # fmt: skip
_REDUCE = frozenset("""ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
""".split())  # noqa: SIM905  # fmt: skip
_RANKS = {
    "TreeEnsembleClassifier": (1, 2), "LinearClassifier": (1, 2), "SVMClassifier": (1, 2), "TreeEnsembleRegressor": (2,),
    "LinearRegressor": (2,), "SVMRegressor": (2,), "FeatureVectorizer": (2,), "DictVectorizer": (2,), "ZipMap": (1,),
}  # fmt: skip
"""Operators of one answer a row → the ranks of their outputs."""
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


class _Mixes(Exception):
    """The node may mix rows."""


class _Graph:
    """The ranks of the tensors that hold a row at each place of their first axis, and the constants."""

    def __init__(self, ranks: dict[str, int], constants: dict[str, Constant]) -> None:
        self.ranks = ranks
        self.constants = constants

    def follow(self, node: Node) -> None:
        """Note what its outputs are. Raises _Mixes."""
        given = [name for name in node.inputs if name]
        if not any(name in self.ranks for name in given):
            if any(name not in self.constants for name in given) or node.op.startswith("Random"):
                raise _Mixes
            found = node.attributes.get("value") if node.op == "Constant" else None
            self.constants.update(dict.fromkeys(node.outputs, found if isinstance(found, Constant) else Constant()))
            return
        if node.domain not in _DOMAINS:
            raise _Mixes
        if node.op in _RANKS:
            self.ranks.update(zip(node.outputs, _RANKS[node.op], strict=False))
            return
        rank = self._rule(node.op)(self, node)
        self.ranks.update(dict.fromkeys(node.outputs, rank))

    def first(self, node: Node) -> int:
        """The rank of its first input, where that holds rows and all others are constants."""
        if any(name and name not in self.constants for name in node.inputs[1:]):
            raise _Mixes
        return self.rank(node.inputs[0])

    def rank(self, name: str) -> int:
        """The rank of a tensor that holds rows."""
        rank = self.ranks.get(name)
        if rank is None or rank == _ROW:
            raise _Mixes
        return rank

    def numbers(self, node: Node, attribute: str, place: int) -> list[int]:
        """Numbers that are an attribute, in older files, or a constant input."""
        found = node.attributes.get(attribute)
        if found is None and len(node.inputs) > place:
            found = self.constants.get(node.inputs[place], Constant()).values
        if found is None:
            raise _Mixes
        return found if isinstance(found, list) else [found]

    @staticmethod
    def _rule(op: str) -> "Callable[[_Graph, Node], int]":
        for operators, rule in _FAMILIES:
            if op in operators:
                return rule
        if op not in _RULES:
            raise _Mixes
        return _RULES[op]


def mixing_node(file: Path, ranks: dict[str, int]) -> str:
    """Name the first node that may mix rows, as a phrase; empty when none does. `ranks`: of the graph's inputs, by name."""
    try:
        nodes, constants = read_graph(file)
    except (OSError, ValueError):
        return "the graph, which could not be read,"
    graph = _Graph(dict(ranks), constants)
    for node in nodes:
        try:
            graph.follow(node)
        except (_Mixes, IndexError):
            return f"the graph's operator {node.op}"
    return ""


def _inner(axis: object, rank: int) -> int:
    """An axis that is not the first, counted from the front."""
    if not isinstance(axis, int) or axis in (0, -rank) or not -rank <= axis < rank:
        raise _Mixes
    return axis % rank


def _each_value(graph: _Graph, node: Node) -> int:
    if any(name and name not in graph.constants for name in node.inputs[1:]):
        raise _Mixes
    return graph.ranks[node.inputs[0]]


def _broadcast(graph: _Graph, node: Node) -> int:
    """All that hold rows have one rank, and constants do not reach the first axis."""
    found = {graph.rank(name) for name in node.inputs if name in graph.ranks}
    if len(found) != 1:
        raise _Mixes
    (rank,) = found
    for name in node.inputs:
        if name not in graph.ranks:
            dims = graph.constants.get(name, Constant()).dims
            if dims is None or len(dims) > rank or (len(dims) == rank and dims[0] != 1):
                raise _Mixes
    return rank


def _of_images(graph: _Graph, node: Node) -> int:
    if node.attributes.get("training_mode") or (node.op == "MaxPool" and len(node.outputs) > 1):
        raise _Mixes
    return graph.first(node)


def _matmul(graph: _Graph, node: Node) -> int:
    left, right = node.inputs
    if left in graph.ranks and right in graph.ranks:
        if (rank := graph.rank(left)) != graph.rank(right) or rank < 3:
            raise _Mixes
        return rank
    held, constant = (left, right) if left in graph.ranks else (right, left)
    dims, rank = graph.constants[constant].dims, graph.rank(held)
    if dims is None or len(dims) != 2 or rank < (2 if held == left else 3):
        raise _Mixes
    return rank


def _gemm(graph: _Graph, node: Node) -> int:
    if node.attributes.get("transA") or graph.rank(node.inputs[0]) != 2 or node.inputs[1] not in graph.constants:
        raise _Mixes
    added = node.inputs[2] if len(node.inputs) > 2 else ""
    if added in graph.ranks:
        if graph.rank(added) != 2:
            raise _Mixes
    elif added:
        dims = graph.constants[added].dims
        if dims is None or (len(dims) == 2 and dims[0] != 1):
            raise _Mixes
    return 2


def _along(default: int) -> "Callable[[_Graph, Node], int]":
    def rule(graph: _Graph, node: Node) -> int:
        rank = graph.first(node)
        _inner(node.attributes.get("axis", default), rank)
        return rank

    return rule


def _best(graph: _Graph, node: Node) -> int:
    rank = graph.first(node)
    _inner(node.attributes.get("axis", 0), rank)
    return rank if node.attributes.get("keepdims", 1) else rank - 1


def _reduce(graph: _Graph, node: Node) -> int:
    rank = graph.first(node)
    axes = {_inner(axis, rank) for axis in graph.numbers(node, "axes", 1)}
    return rank if node.attributes.get("keepdims", 1) else rank - len(axes)


def _concat(graph: _Graph, node: Node) -> int:
    ranks = {graph.rank(name) for name in node.inputs}
    if len(ranks) != 1:
        raise _Mixes
    (rank,) = ranks
    _inner(node.attributes.get("axis"), rank)
    return rank


def _slice(graph: _Graph, node: Node) -> int:
    rank = graph.first(node)
    for axis in graph.numbers(node, "axes", 3):
        _inner(axis, rank)
    return rank


def _gather(graph: _Graph, node: Node) -> int:
    data, indices = node.inputs
    axis = node.attributes.get("axis", 0)
    if data in graph.constants:  # rows of a table, by number
        dims = graph.constants[data].dims
        if axis != 0 or dims is None:
            raise _Mixes
        return graph.rank(indices) + len(dims) - 1
    rank = graph.first(node)
    _inner(axis, rank)
    dims = graph.constants[indices].dims
    if dims is None:
        raise _Mixes
    return rank - 1 + len(dims)


def _flatten(graph: _Graph, node: Node) -> int:
    if node.attributes.get("axis", 1) != 1:
        raise _Mixes
    return graph.first(node) and 2


def _reshape(graph: _Graph, node: Node) -> int:
    """The first axis stays, or is divided so that each of its places still belongs to one row."""
    sizes = graph.constants.get(node.inputs[1], Constant()).values
    if sizes is None or node.attributes.get("allowzero"):
        raise _Mixes
    if graph.ranks[node.inputs[0]] == _ROW:
        if sizes not in ([-1], [-1, 1]):
            raise _Mixes
    elif not (sizes[0] == 0 or (sizes[0] == -1 and all(size > 0 for size in sizes[1:]))):
        raise _Mixes
    return len(sizes)


def _transpose(graph: _Graph, node: Node) -> int:
    rank, order = graph.first(node), node.attributes.get("perm")
    if not isinstance(order, list) or order[0] != 0:
        raise _Mixes
    return rank


def _squeeze(graph: _Graph, node: Node) -> int:
    rank = graph.first(node)
    return rank - len({_inner(axis, rank) for axis in graph.numbers(node, "axes", 1)})


def _unsqueeze(graph: _Graph, node: Node) -> int:
    axes = graph.numbers(node, "axes", 1)
    rank = graph.first(node) + len(axes)
    for axis in axes:
        _inner(axis, rank)
    return rank


def _extract(graph: _Graph, node: Node) -> int:
    """ArrayFeatureExtractor takes from the last axis: columns of rows, or labels of a list by rows of numbers."""
    values, places = node.inputs
    if values in graph.constants:
        graph.rank(places)
        return _ROW
    if (rank := graph.first(node)) < 2:
        raise _Mixes
    return rank


def _dropout(graph: _Graph, node: Node) -> int:
    if len(node.inputs) > 2 and node.inputs[2]:  # training mode
        raise _Mixes
    return graph.first(node)


_Rule = Callable[[_Graph, Node], int]
_FAMILIES: tuple[tuple[frozenset[str], _Rule], ...] = (
    (_EACH_VALUE, _each_value), (_BROADCAST, _broadcast), (_OF_IMAGES, _of_images), (_REDUCE, _reduce),
)  # fmt: skip
_RULES: dict[str, _Rule] = {
    "ArgMax": _best, "ArgMin": _best, "ArrayFeatureExtractor": _extract, "Concat": _concat, "Dropout": _dropout,
    "Flatten": _flatten, "Gather": _gather, "Gemm": _gemm, "Hardmax": _along(1), "LayerNormalization": _along(-1),
    "LogSoftmax": _along(1), "LpNormalization": _along(-1), "MatMul": _matmul, "Reshape": _reshape, "Slice": _slice,
    "Softmax": _along(1), "Split": _along(0), "Squeeze": _squeeze, "TopK": _along(-1), "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}  # fmt: skip

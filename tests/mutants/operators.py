"""The kinds of fault: each replaces one piece of a syntax tree by another text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Change = tuple[str, ast.AST, str]
"""Kind of the fault, the node that it replaces, and the text that takes its place."""

Text = Callable[[ast.AST], str]
"""The source text of a node."""

COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<", "<=", ">="),
    ast.LtE: ("<=", "<", ">"),
    ast.Gt: (">", ">=", "<="),
    ast.GtE: (">=", ">", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
"""By operator, its own text and those that replace it: a shifted boundary, and the opposite."""

ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}

CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
"""Functions that another of the same arguments replaces."""

LOGS = {"logger", "log", "logging"}
"""Names whose calls write log lines, which are not removed."""


def changes(node: ast.AST, text: Text) -> Iterator[Change]:
    """Yield every fault that replaces *node* or a piece of it."""
    match node:
        case ast.Compare():
            yield from compared(node, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            pieces = split(text(node), [text(left), text(right)])
            pieces[2] = pieces[2].replace(*ARITHMETIC[type(op)], 1)
            yield "arithmetic", node, "".join(pieces)
        case ast.AugAssign(target=target, op=op, value=value) if type(op) in ARITHMETIC:
            _, new = ARITHMETIC[type(op)]
            yield "arithmetic", node, f"{text(target)} {new}= {text(value)}"
            yield "statement", node, "pass"
        case ast.BoolOp(op=op, values=values):
            words = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            pieces = split(text(node), [text(each) for each in values])
            pieces[2:-1:2] = [gap.replace(*words) for gap in pieces[2:-1:2]]
            yield "boolean", node, "".join(pieces)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "boolean", node, f"({text(operand)})"
        case ast.Constant(value=bool() as value):
            yield "constant", node, str(not value)
        case ast.Constant(value=int() | float() as value):
            yield "constant", node, repr(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield "call", node, CALLS[name] + text(node).removeprefix(name)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if not isinstance(test, ast.Compare | ast.UnaryOp):
                yield "condition", test, f"(not ({text(test)}))"
        case ast.comprehension(ifs=ifs):
            yield from (("condition", each, "True") for each in ifs)
        case _:
            yield from statement_changes(node)


def statement_changes(node: ast.AST) -> Iterator[Change]:
    """Yield the faults that leave out the statement *node*, or what it returns."""
    match node:
        case ast.Return(value=ast.expr() as value):
            if not (isinstance(value, ast.Constant) and value.value is None):
                yield "return", value, "None"
        case ast.Expr(value=ast.Call(func=function) | ast.Await(value=ast.Call(func=function))):
            if not is_log(function):
                yield "statement", node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement", node, "pass"
        case ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield "statement", node, "pass"
        case _:
            pass


def compared(node: ast.Compare, text: Text) -> Iterator[Change]:
    """Yield the faults in each operator of a comparison."""
    pieces = split(text(node), [text(term) for term in (node.left, *node.comparators)])
    for index, op in enumerate(node.ops):
        old, *others = COMPARISONS[type(op)]
        for new in others:
            changed = [*pieces]
            changed[2 * index + 2] = changed[2 * index + 2].replace(old, new, 1)
            yield "comparison", node, "".join(changed)


def split(whole: str, terms: list[str]) -> list[str]:
    """*whole* as a list: its *terms*, in order, and what stands before, between and after them."""
    position, pieces = 0, list[str]()
    for term in terms:
        start = whole.index(term, position)
        pieces += [whole[position:start], term]
        position = start + len(term)
    return [*pieces, whole[position:]]


def is_log(function: ast.expr) -> bool:
    """Whether *function* is a method of a logger."""
    match function:
        case ast.Attribute(value=ast.Name(id=name)):
            return name.strip("_").lower() in LOGS
        case _:
            return False

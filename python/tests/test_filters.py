"""Filters on columns of every kind, held against three-valued logic over the file's own columns."""

import ast
import operator
import random

import numpy as np
import pandas as pd
import pytest

SIGNS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

#: By column: values to compare it with.
VALUES = {
    "cell_type": ["B cell", "T cell", "T cell || B cell"],
    "grade": ["low", "mid", "high"],
    "cluster": [0, 3, 11, 77],
    "is_primary_data": [True, False],
    "flag": [True, False],
    "n_umis": [0, 200, 300, 1000],
    "rank": [-1, 0, 1500],
    "share": [0.25, 0.5, 1.0],
    "score": [-1.5, 0.0, 0.25],
    "donor": ["donor 7", "donor 2", "e"],
}


def expected(obs, text):
    """The rows that pass, by Kleene's logic: `None` is neither true nor false."""

    def value(node):
        return ast.literal_eval(node)

    def column(node):
        return obs[node.id].astype(object).where(obs[node.id].notna(), None)

    def compare(sign, left, right):
        if isinstance(right, ast.Name):
            turned = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
            return compare(turned.get(type(sign), type(sign))(), right, left)
        values, wanted = column(left), value(right)
        if wanted is None:
            is_missing = values.isna()
            return is_missing.astype(object) if isinstance(sign, ast.Eq) else (~is_missing).astype(object)
        if isinstance(sign, (ast.In, ast.NotIn)):
            test = (lambda v: v in wanted) if isinstance(sign, ast.In) else (lambda v: v not in wanted)
        elif left.id == "grade":
            place = ["low", "mid", "high"].index
            test = lambda v: SIGNS[type(sign)](place(v), place(wanted))
        elif left.id == "share":
            test = lambda v: SIGNS[type(sign)](np.float32(v), np.float32(wanted))
        else:
            test = lambda v: SIGNS[type(sign)](v, wanted)
        return values.map(lambda v: None if v is None else bool(test(v))).astype(object)

    def join(parts, least):
        def of_row(row):
            if least in row:
                return least
            return None if None in row else not least

        return pd.Series([of_row(row) for row in zip(*parts)], dtype=object)

    def passes(node):
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return join([passes(part) for part in parts], False)
            case ast.BoolOp(op=ast.Or(), values=parts):
                return join([passes(part) for part in parts], True)
            case ast.BinOp(left=left, op=op, right=right):
                return join([passes(left), passes(right)], isinstance(op, ast.BitOr))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return passes(operand).map(lambda v: None if v is None else not v).astype(object)
            case ast.Compare(left=left, ops=signs, comparators=rights):
                lefts = [left, *rights[:-1]]
                return join([compare(sign, *pair) for sign, *pair in zip(signs, lefts, rights)], False)
        raise AssertionError(ast.dump(node))

    return [row for row, is_in in enumerate(passes(ast.parse(text, mode="eval").body)) if is_in]


def comparison(generator):
    name = generator.choice(list(VALUES))
    values = VALUES[name]
    signs = ["==", "!="] if isinstance(values[0], bool) else ["==", "!=", "<", "<=", ">", ">="]
    value = lambda: repr(generator.choice(values))
    kind = generator.random()
    if kind < 0.1:
        return f"{name} {generator.choice(['==', '!='])} None"
    if kind < 0.3:
        return f"{name} {generator.choice(['in', 'not in'])} {generator.sample(values, 2)}"
    if kind < 0.4 and len(signs) > 2:
        return f"{value()} <= {name} < {value()}"
    if kind < 0.5:
        return f"{value()} {generator.choice(signs)} {name}"
    return f"{name} {generator.choice(signs)} {value()}"


def expression(generator, depth=0):
    kind = generator.random()
    if depth == 3 or kind < 0.3:
        return comparison(generator)
    if kind < 0.5:
        return f"not ({expression(generator, depth + 1)})"
    if kind < 0.6:
        return f"({expression(generator, depth + 1)}) {generator.choice('&|')} ({expression(generator, depth + 1)})"
    return f"({expression(generator, depth + 1)} {generator.choice(['and', 'or'])} {expression(generator, depth + 1)})"


def test_random_expressions_pass_what_logic_says(made, made_dataset):
    generator = random.Random(1)
    texts = [expression(generator) for _ in range(150)]
    some = 0
    for text in texts:
        rows = expected(made.obs.reset_index(drop=True), text)
        assert made_dataset.query(obs=text).obs_joinids.tolist() == rows, text
        some += 0 < len(rows) < made.n_obs
    assert some > 75


def test_what_soma_has_not(made, made_dataset):
    rows = lambda text: made_dataset.query(obs=text).obs_joinids.tolist()
    where = lambda mask: np.flatnonzero(mask).tolist()
    types = made.obs["cell_type"]
    assert rows("is_primary_data and not flag") == where(made.obs["is_primary_data"] & ~made.obs["flag"].fillna(True))
    assert rows("cell_type like '%B cell'") == where(types.isin(["B cell", "T cell || B cell"]))
    assert rows("contains(cell_type, 'T cell')") == where(types.isin(["T cell", "T cell || B cell"]))
    # A lymphocyte is any of them; a T cell is no B cell.
    assert rows("descendants(cell_type, 'CL:0000542')") == list(range(made.n_obs))
    assert rows("descendants(cell_type, 'CL:0000945')") == where(types.isin(["B cell", "T cell || B cell"]))
    assert rows("obs_id in ['cell7', 'cell2999']") == [7, 2999]
    assert rows("index == 'cell8'") == [8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n_umis > 1 & share < 2", r"\(a > 1\) & \(b < 2\)"),
        ("cell_type == leukocyte", "write 'leukocyte'"),
        ("n_umis > '5'", "without quotation marks"),
        ("cell_type > 5", "in quotation marks"),
        ("descendants(cell_type, 'MONDO:1')", "no terms below"),
    ],
)
def test_what_is_wrong_is_told(made_dataset, text, message):
    with pytest.raises(ValueError, match=message):
        made_dataset.query(obs=text)

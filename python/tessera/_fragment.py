"""Parts of a query, for many processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._dataset import Query
    from ._tessera import LayerMoments


class Fragment:
    """Some cells of a query, told in less than a kilobyte of JSON: pickled, it opens the dataset again where it is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._facts: dict[str, Any] = json.loads(text)

    def __repr__(self) -> str:
        return f"Fragment({self._text})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Fragment, (self._text,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fragment) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def to_json(self) -> str:
        """The fragment as JSON, from which ``Fragment(text)`` makes it again."""
        return self._text

    @property
    def place(self) -> str:
        """Where the dataset lies."""
        return self._facts["place"]

    def query(self) -> Query:
        """The cells and genes of the fragment.

        Raises
        ------
        ValueError
            Another dataset lies at the place now.
        """
        from ._dataset import Query, open

        dataset = open(self.place)
        cells = dataset._native.cells_of_fragment(self._text)
        return Query(dataset, cells, self._facts["obs"], self._facts["var"], is_filtered=False)

    def moments(self, layer: str | None = None) -> LayerMoments:
        """Exact sums over the fragment's cells: see :meth:`Query.moments`."""
        return self.query().moments(layer)


def cut(query: Query, n: int) -> list[Fragment]:
    """At most ``n`` fragments of a query."""
    if n < 1:
        raise ValueError(f"a query is cut into at least one fragment, and not {n}")
    if query._var_rows is not None:
        raise ValueError("fragments tell genes by a filter alone: leave out `var_rows`, or pickle the query")
    native, obs, var = query.dataset._native, query._obs_filter, query._var_filter
    return [Fragment(text) for text in native.cut(query._cells, obs, var, query._is_filtered, n)]

"""Names that do not exist, and those that may be meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: The most names that a message lists.
MOST_NAMES = 20


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """What to write instead, as a clause: the nearest name, or else all."""
    known = list(known)
    near = difflib.get_close_matches(str(name), known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    if not known:
        return f"; there are no {what}"
    listed = ", ".join(repr(other) for other in known[:MOST_NAMES]) + (", …" if len(known) > MOST_NAMES else "")
    return f"; the {what} are {listed}"


def check_names(names: Iterable[str], known: Iterable[str], kind: str, what: str) -> None:
    """Raise ``ValueError`` for the first name that is not known."""
    known = list(known)
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {kind} {name!r}{nearest(name, known, what)}")

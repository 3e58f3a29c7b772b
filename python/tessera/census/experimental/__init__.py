"""What Census calls experimental."""

from . import pp

__all__ = ["pp"]

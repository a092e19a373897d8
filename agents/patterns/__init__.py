"""The catalogue of capability patterns: files loaded and checked, formulas evaluated for given requirements."""

from agents.patterns.catalogue import Catalogue
from agents.patterns.evaluated import Evaluated

__all__ = ["Catalogue", "Evaluated"]

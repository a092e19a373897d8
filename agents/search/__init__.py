"""Composition of patterns under constraints: the whole space is searched, never greedily."""

from agents.search.composer import CatalogueComposer
from agents.search.result import SearchResult
from agents.search.search import search

__all__ = ["CatalogueComposer", "SearchResult", "search"]

"""What there is: the ontology of tasks and the cards of models, read from readable files in `data/`."""

from __future__ import annotations

from whichmodel.catalog.consistency import check
from whichmodel.catalog.load import card_with, cards, cards_shipped, collections, require_collection, tasks

__all__ = ["card_with", "cards", "cards_shipped", "check", "collections", "require_collection", "tasks"]

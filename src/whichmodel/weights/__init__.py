"""Weights: records with hashes and licences, and a cache filled through the user's own pip, npm or Hugging Face."""

from whichmodel.weights.cache import archives_dir, cache_dir, hashes, installed, verify
from whichmodel.weights.licence import barred
from whichmodel.weights.record import WeightsFile, WeightsRecord, record, records
from whichmodel.weights.source import Source
from whichmodel.weights.store import pull

__all__ = [
    "Source",
    "WeightsFile",
    "WeightsRecord",
    "archives_dir",
    "barred",
    "cache_dir",
    "hashes",
    "installed",
    "pull",
    "record",
    "records",
    "verify",
]

"""Weights: records with hashes and licences, and a cache filled through the user's own pip."""

from whichmodel.weights.record import WeightsFile, WeightsRecord, record, records
from whichmodel.weights.source import Source
from whichmodel.weights.store import cache_dir, installed, pull, verify

__all__ = [
    "Source",
    "WeightsFile",
    "WeightsRecord",
    "cache_dir",
    "installed",
    "pull",
    "record",
    "records",
    "verify",
]

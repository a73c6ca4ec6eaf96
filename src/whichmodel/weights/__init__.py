"""Weights: records with hashes and licences, and a cache filled through the user's own pip, npm or Hugging Face."""

from whichmodel.weights.cache import archives_dir, cache_dir, hashes, installed, verify
from whichmodel.weights.given import Origin, origin
from whichmodel.weights.obstacles import Obstacle, obstacle
from whichmodel.weights.record import WeightsFile, WeightsRecord, record, records
from whichmodel.weights.source import Source
from whichmodel.weights.store import pull

__all__ = [
    "Obstacle",
    "Origin",
    "Source",
    "WeightsFile",
    "WeightsRecord",
    "archives_dir",
    "cache_dir",
    "hashes",
    "installed",
    "obstacle",
    "origin",
    "pull",
    "record",
    "records",
    "verify",
]

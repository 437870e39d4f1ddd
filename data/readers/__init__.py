"""Readers: one format a module, chosen by looking at the content, all ending in `data.results.as_results`."""

from scale_forecast.data.readers.files import Limits
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.loading import Loaded, read, read_models, read_tasks

__all__ = ["Layout", "Limits", "Loaded", "read", "read_models", "read_tasks"]

"""Readers: one format a module, chosen by looking at the content, all ending in `data.results.as_results`."""

from data.readers.files import Limits
from data.readers.loading import Loaded, read, read_models, read_tasks
from data.readers.tabular import Layout

__all__ = ["Layout", "Limits", "Loaded", "read", "read_models", "read_tasks"]

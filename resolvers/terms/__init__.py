"""The words that questions and what judges them are written in: fields as people write them, and scopes."""

"""A user's own folder: scores added by hand (`list_added`), fetched tables (`vintages`), and how they join (`world`).

Scores stand in a file each and fetched tables in a folder each, which appear whole or not at all and are never written
again: two processes can add at once, and what was read as of a day can be read so again.
"""

"""The knowledge base: articles, their passages, the index over them, and answers quoted from them.

Knows no web framework and no store. Reads files, returns frozen dataclasses.
"""

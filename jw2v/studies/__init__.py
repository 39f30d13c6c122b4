"""Corpora with their own settings: the treebank of a course, and the speeches of the demo."""

"""Text and tables to sentences of word numbers, and the vocabulary."""

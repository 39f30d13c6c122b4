"""What the host does for a step: which words are kept, and in which batches they come."""

"""Programs as JAX traces them, read into SymPy and proved to be the statements."""

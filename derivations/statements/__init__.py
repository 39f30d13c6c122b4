"""The statements, a family a file: each file with ``DERIVATIONS`` is found by itself."""

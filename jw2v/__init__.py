"""word2vec in pure JAX whose every gradient is proved, property-tested and used."""

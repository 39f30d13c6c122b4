"""Pictures of vectors: plots, the page with the map, and what lays them out."""

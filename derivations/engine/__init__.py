"""What a proof is, what it takes to accept one, and how it prints."""

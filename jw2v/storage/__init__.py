"""What is kept on a disk: files that are whole or not there, archives, and memory given back."""

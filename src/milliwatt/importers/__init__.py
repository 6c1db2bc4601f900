"""Models from other formats into graphs."""

"""One training run: described, trained, kept."""

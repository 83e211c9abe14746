"""What normalization does to a batch, and what it is like to do without."""

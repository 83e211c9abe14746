"""What a trained network does with examples, and digits drawn by hand."""

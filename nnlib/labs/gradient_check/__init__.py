"""Gradients of a whole network against its loss, and faults planted on purpose."""

"""What the lessons measure, a room a lesson; no room knows another."""

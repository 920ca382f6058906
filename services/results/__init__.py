"""Results: approved and published (H)."""

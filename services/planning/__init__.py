"""Item lists and plans (A, C)."""

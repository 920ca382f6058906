"""Deadlines, reminders, boards (K, S, T)."""

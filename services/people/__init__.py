"""Who is signed in, and what is told to whom (F1, K4, T1)."""

"""Tasks and the draw, with everything around it (D, E, P, Q)."""

"""Measured promises: each module makes its data once, runs reference and product in one go, and gives ratios."""

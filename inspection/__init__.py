"""The rules of the trade, pure: draw, matching, working days, checklists, results."""

"""What people do here: one function an action, inside one transaction."""

"""Access functions: the only way to rows, each knows who asks."""

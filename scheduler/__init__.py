"""The clock edge: a few periodic ticks, each one service call."""

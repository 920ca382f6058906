"""Tables, queries (models.store), file blobs."""

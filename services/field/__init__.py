"""The visit, on the phone: evidence in, sealed (F, G, I)."""

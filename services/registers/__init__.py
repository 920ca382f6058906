"""The two libraries: targets, inspectors, sub-libraries, who is responsible, policies (B, N, R)."""

"""Finishing an image on the medium: what its manifest declares, done after the read-back, and read back itself."""

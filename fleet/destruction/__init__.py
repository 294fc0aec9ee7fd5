"""Records of storage that was destroyed because it could not be wiped."""

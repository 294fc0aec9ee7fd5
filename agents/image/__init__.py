"""Writing a disk image to a wiped medium: only the blocks that hold something, each checked while written and read back."""

"""What a device is made of, how worn it is, and what people found when they looked at it."""

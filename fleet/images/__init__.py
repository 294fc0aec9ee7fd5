"""The catalogue of disk images, each with its signed manifest."""

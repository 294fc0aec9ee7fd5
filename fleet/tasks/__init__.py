"""The inbox of what people must decide."""

"""Who is calling, and what may they do. Organisations are ids here, nothing more."""

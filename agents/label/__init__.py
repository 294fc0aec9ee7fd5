"""A device gets its label: drawn here, printed and stuck on by a person, and scanned back before anything is erased."""

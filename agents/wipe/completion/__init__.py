"""How the end of a firmware's work is learnt: pure parsers of what the drive says of itself, and the judge of what it means."""

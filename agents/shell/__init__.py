"""The one door to the outside: programs, block devices, clocks, progress."""

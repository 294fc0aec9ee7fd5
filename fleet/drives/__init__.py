"""Loose drives: the tray, and how a drive goes into a device and comes out of one."""

"""An organisation leaves the service: what stands in the way, the export of its whole history, and the end of its chain."""

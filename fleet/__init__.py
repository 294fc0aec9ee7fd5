"""The central service: each device's whole life, from donation to recycling."""

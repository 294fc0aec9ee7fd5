"""The bench's screen: a page that the agent serves on its own computer, for people who work with pictures and a scanner.

`phrases` and `languages` hold the texts, `pictograms` the drawings; `memory`, `scenes`, `advice` and `calm` decide what a
port shows; `actions`, `desk`, `verdicts` and `screen` what a scan or a touch does; `view`, `hub`, `web`, `guards` and `server`
bring it to the browser. It works with the network down, and asks nothing of any other computer.
"""

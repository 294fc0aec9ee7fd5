"""Wire types shared by bench, router and service.

Pure pydantic, canonical JSON and signatures: the one room of `fleet` (beside `fleet.ui`) that agents may import.
"""

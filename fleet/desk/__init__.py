"""The scan box and the device's fiche: pages that look across nouns."""

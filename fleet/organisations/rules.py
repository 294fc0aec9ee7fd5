"""Kinds of organisation."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation does in the chain of custody."""

    WORKSHOP = "workshop"
    LENDING_DESK = "lending_desk"
    OCMW = "ocmw"
    SCHOOL = "school"
    RECYCLER = "recycler"
    DONOR = "donor"

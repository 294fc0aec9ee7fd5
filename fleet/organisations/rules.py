"""Kinds of organisation, and when two persons are asked for. Pure."""

from enum import StrEnum
from typing import Final

TWO_PERSONS_FROM: Final = 3
"""With fewer people in the workshop nobody would be left to release a device."""


class OrganisationKind(StrEnum):
    """What an organisation does in the chain of custody."""

    WORKSHOP = "workshop"
    LENDING_DESK = "lending_desk"
    OCMW = "ocmw"
    SCHOOL = "school"
    RECYCLER = "recycler"
    DONOR = "donor"


def two_persons_asked(*, policy: bool, staff: int) -> bool:
    """Whether somebody else than the tester must release a device; `staff` are the people who may work in the workshop."""
    return policy and staff >= TWO_PERSONS_FROM

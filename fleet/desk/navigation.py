"""The main menu: what there is, and for which roles."""

from typing import Final

from fleet.auth.rules import Role
from fleet.errors import N_
from fleet.web.site import NavItem

NAVIGATION: Final = (
    NavItem("/devices", N_("Devices"), "board"),
    NavItem("/receive", N_("Receive"), "received", (Role.WORKSHOP, Role.LEAD, Role.LENDING)),
    NavItem("/donations", N_("Donations"), "donation"),
    NavItem("/tasks", N_("Tasks"), "tasks", (Role.LEAD, Role.ADMIN, Role.AUDITOR)),
)

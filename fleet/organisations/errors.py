"""What can be wrong with an organisation and its places."""

from fleet.errors import N_, Conflict, Invalid, NotFound


class OrganisationNotFound(NotFound):
    """No such organisation."""

    msgid = N_("There is no organisation {name}. Add it with: fleet organisation add")


class OrganisationExists(Conflict):
    """The name is taken."""

    msgid = N_("There is an organisation {name} already. Choose another name.")


class SiteNotFound(NotFound):
    """No such site."""

    msgid = N_("There is no site {name} in this organisation.")


class LocationNotFound(NotFound):
    """No such storage location."""

    msgid = N_("This storage location does not exist at this site.")


class PlaceExists(Conflict):
    """The name is taken in this organisation."""

    msgid = N_("There is a place {name} already. Choose another name.")


class PlaceClosed(Conflict):
    """A closed place takes nothing new."""

    msgid = N_("{name} is closed. Choose another place, or open it again.")


class LastSite(Conflict):
    """An organisation stands somewhere."""

    msgid = N_("This is the last open site. Add another one before you close it.")


class NameMissing(Invalid):
    """A name is needed."""

    msgid = N_("Give it a name.")

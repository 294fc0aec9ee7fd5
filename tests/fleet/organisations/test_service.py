import pytest
from sqlalchemy import text

from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from fleet.db.session import unit_of_work
from fleet.organisations import errors, service
from fleet.organisations.rules import OrganisationKind, two_persons_asked
from tests.fleet.conftest import Workshop, make_account

pytestmark = pytest.mark.db


@pytest.fixture
def admin(workshop: Workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


def test_an_organisation_is_known_by_its_name(workshop: Workshop) -> None:
    with unit_of_work(workshop.database.engine()) as session:
        made = service.create(session, SYSTEM, "  Digibank   Zuid ", OrganisationKind.LENDING_DESK, "Markt 1")
        assert service.get(session, made.id).name == "Digibank Zuid"
        assert service.by_name(session, "digibank zuid").id == made.id
    with pytest.raises(errors.OrganisationExists), unit_of_work(workshop.database.engine()) as session:
        service.create(session, SYSTEM, "DIGIBANK ZUID")
    with pytest.raises(errors.NameMissing), unit_of_work(workshop.database.engine()) as session:
        service.create(session, SYSTEM, " ")


def test_others_see_the_public_face_only(workshop: Workshop, stranger: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        service.change(session, admin, contact=" Markt 1 ", nis_code="44021", two_persons=False)
    with stranger.unit() as session:
        with pytest.raises(errors.OrganisationNotFound):
            service.get(session, workshop.organisation_id)
        assert service.public_face(session, workshop.organisation_id) == service.PublicFace("Noord", "Markt 1")
        with pytest.raises(errors.OrganisationNotFound):
            service.public_face(session, workshop.site_id)


def test_two_persons_where_the_policy_says_so_and_there_are_three(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        assert not service.two_person_release(session, workshop.organisation_id)
        service.change(session, admin, contact="", nis_code=None, two_persons=True)
        assert service.two_person_release(session, workshop.organisation_id)
        session.execute(text("UPDATE account SET active = false WHERE login = 'mo.noord'"))
        assert not service.two_person_release(session, workshop.organisation_id)
        make_account(session, workshop.organisation_id, "desk", Role.LENDING)
        assert not service.two_person_release(session, workshop.organisation_id)


@pytest.mark.parametrize(("policy", "staff", "asked"), [(True, 3, True), (True, 2, False), (False, 9, False)])
def test_the_rule(policy: bool, staff: int, asked: bool) -> None:
    assert two_persons_asked(policy=policy, staff=staff) is asked


def test_places(workshop: Workshop, stranger: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        site = service.add_site(session, admin, "Zuid")
        assert [place.name for place in service.sites(session)] == ["Noord", "Zuid"]
        service.add_location(session, workshop.lead, site.id, "Rek 2")
        service.add_location(session, workshop.lead, site.id, "rek 1")
        assert [place.name for place in service.locations(session, site.id)] == ["rek 1", "Rek 2"]
        with pytest.raises(errors.PlaceExists):
            service.add_location(session, workshop.lead, site.id, "REK 2")
        with pytest.raises(errors.PlaceExists):
            service.add_site(session, admin, "zuid")
        with pytest.raises(errors.SiteNotFound):
            service.add_location(session, workshop.lead, stranger.site_id, "Rek")
        with pytest.raises(RoleMissing):
            service.add_site(session, workshop.lead, "Oost")
        with pytest.raises(RoleMissing):
            service.change(session, workshop.lead, contact="", nis_code=None, two_persons=False)


def test_a_closed_place_takes_nothing_new(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        with pytest.raises(errors.LastSite):
            service.change_site(session, admin, workshop.site_id, "Noord", is_open=False)
        south = service.add_site(session, admin, "Zuid").id
        shelf = service.add_location(session, workshop.lead, south, "Rek 1").id
        assert service.change_location(session, workshop.lead, south, shelf, "Rek A", is_open=False).name == "Rek A"
        service.change_site(session, admin, south, "Zuid II", is_open=False)
        assert service.get_site(session, south).name == "Zuid II"
        with pytest.raises(errors.PlaceClosed):
            service.add_location(session, workshop.lead, south, "Rek 2")
        with pytest.raises(errors.PlaceClosed):
            accounts.issue_enrolment_code(session, admin, south)
        assert south not in service.sites_of(session, workshop.organisation_id)
        assert service.change_site(session, admin, south, "Zuid", is_open=True).closed_at is None
        with pytest.raises(errors.PlaceExists):
            service.change_site(session, admin, south, "noord", is_open=True)
        with pytest.raises(RoleMissing):
            service.change_site(session, workshop.lead, south, "Oost", is_open=True)


def test_an_organisation_is_renamed_once(workshop: Workshop, stranger: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        given = {"contact": "", "nis_code": None, "two_persons": False}
        changed = service.change(session, admin, **given, name="Noorderlicht", kind=OrganisationKind.OCMW)
        assert (changed.name, changed.kind) == ("Noorderlicht", OrganisationKind.OCMW)
        with pytest.raises(errors.OrganisationExists):
            service.change(session, admin, **given, name="VREEMD")
    with stranger.unit() as session:
        assert service.public_face(session, workshop.organisation_id).name == "Noorderlicht"

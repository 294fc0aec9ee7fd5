"""What stands in the navigation: by role, by group, only rooms that exist; a phone shows five."""

from fastapi import FastAPI

from fleet.errors import N_
from fleet.web.navigation import DOCK_SIZE, Rooms, arrange
from fleet.web.site import Group, NavItem

ITEMS = (
    NavItem("/", N_("Start"), "home", group=Group.START, rank=0),
    NavItem("/people", N_("People"), "people", ("admin",), Group.ADMIN, 8),
    NavItem("/receive", N_("Receive"), "received", ("workshop",), Group.BENCH, 2),
    NavItem("/devices", N_("Devices"), "board", rank=1),
    NavItem("/drives", N_("Drives"), "drive", rank=4),
    NavItem("/donations", N_("Donations"), "donation", rank=3),
)
ALL = [item.path for item in ITEMS]


def test_groups_stand_in_their_order_and_only_with_something_in_them() -> None:
    navigation = arrange(ITEMS, ["workshop"], ALL, "/")
    assert [(section.title, [item.path for item in section.items]) for section in navigation.sections] == [
        ("", ["/"]),
        ("Bench", ["/receive"]),
        ("Stock", ["/devices", "/drives", "/donations"]),
    ]


def test_a_role_sees_what_it_can_use() -> None:
    shown = {item.path for section in arrange(ITEMS, ["admin"], ALL, "/").sections for item in section.items}
    assert shown == {"/", "/people", "/devices", "/drives", "/donations"}


def test_a_phone_shows_five_at_most() -> None:
    few = arrange(ITEMS, [], ALL, "/")
    assert (len(few.dock), few.more) == (4, False)
    many = arrange(ITEMS, ["workshop", "admin"], ALL, "/")
    assert many.more
    assert [item.path for item in many.dock] == ["/", "/devices", "/receive", "/donations"]
    assert len(many.dock) + 1 == DOCK_SIZE


def test_a_room_that_does_not_exist_is_not_shown() -> None:
    assert "/drives" not in {item.path for item in arrange(ITEMS, [], ["/", "/devices"], "/").dock}


def test_the_place_is_the_nearest_entry_above_the_page() -> None:
    assert arrange(ITEMS, [], ALL, "/devices/8YZABCDE/condition").current == "/devices"
    assert arrange(ITEMS, [], ALL, "/").current == "/"
    assert arrange(ITEMS, [], ALL, "/devices-elsewhere").current == ""
    assert arrange(ITEMS, [], ALL, "/people").current == ""


def test_rooms_are_those_that_answer() -> None:
    app = FastAPI()
    app.add_api_route("/open", lambda: None, methods=["GET"])
    app.add_api_route("/only-posted", lambda: None, methods=["POST"])
    rooms = Rooms(app)
    assert ["/open" in rooms, "/only-posted" in rooms, "/nowhere" in rooms, "/open" in rooms] == [True, False, False, True]

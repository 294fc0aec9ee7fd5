"""The states of a device, the steps between them, and their groups."""

from enum import StrEnum


class State(StrEnum):
    """What a device is ready for (who holds it is custody, kept apart)."""

    RECEIVED = "received"
    INSPECTED = "inspected"
    WIPING = "wiping"
    WIPED = "wiped"
    WIPE_FAILED = "wipe_failed"
    IN_REPAIR = "in_repair"
    AWAITING_PARTS = "awaiting_parts"
    IMAGING = "imaging"
    TESTING = "testing"
    TESTED = "tested"
    READY = "ready"
    RESERVED = "reserved"
    ON_LOAN = "on_loan"
    DEPLOYED_FIXED = "deployed_fixed"
    RETURNED = "returned"
    QUARANTINED = "quarantined"
    LOST = "lost"
    STRIPPED = "stripped"
    RECYCLE_STAGED = "recycle_staged"
    GIFTED = "gifted"
    SOLD = "sold"
    RETURNED_TO_DONOR = "returned_to_donor"
    SURRENDERED = "surrendered"
    RECYCLED = "recycled"
    TRANSFERRED_OUT = "transferred_out"
    MERGED = "merged"
    FITTED = "fitted"


class Step(StrEnum):
    """What somebody does to a device."""

    RECEIVE = "receive"
    OPENING_BALANCE = "opening_balance"
    INSPECT = "inspect"
    SCRAP = "scrap"
    QUARANTINE = "quarantine"
    CLEAR_QUARANTINE = "clear_quarantine"
    RETURN_TO_DONOR = "return_to_donor"
    SURRENDER = "surrender"
    START_WIPE = "start_wipe"
    FINISH_WIPE = "finish_wipe"
    FAIL_WIPE = "fail_wipe"
    CANCEL_WIPE = "cancel_wipe"
    OPEN_REPAIR = "open_repair"
    AWAIT_PARTS = "await_parts"
    PARTS_ARRIVED = "parts_arrived"
    CLOSE_REPAIR = "close_repair"
    CLOSE_REPAIR_STILL_WIPED = "close_repair_still_wiped"
    START_IMAGE = "start_image"
    FINISH_IMAGE = "finish_image"
    RECORD_IMAGE = "record_image"
    START_TEST = "start_test"
    PASS_TEST = "pass_test"  # noqa: S105 - a step, not a password
    RELEASE = "release"
    RESERVE = "reserve"
    UNRESERVE = "unreserve"
    LEND = "lend"
    SWAP_IN = "swap_in"
    EXTEND = "extend"
    DEPLOY = "deploy"
    GIFT = "gift"
    SELL = "sell"
    TAKE_BACK = "take_back"
    REPORT_LOST = "report_lost"
    FIND = "find"
    STRIP = "strip"
    STAGE_RECYCLING = "stage_recycling"
    UNSTAGE_RECYCLING = "unstage_recycling"
    RECYCLE = "recycle"
    TRANSFER_OUT = "transfer_out"
    MERGE = "merge"
    FIT_INTO = "fit_into"
    TAKE_OUT = "take_out"
    ACCEPT_PROOF = "accept_proof"


class Origin(StrEnum):
    """Where a device came from."""

    DONATED = "donated"
    BOUGHT_NEW = "bought_new"
    REFURBISHED_ELSEWHERE = "refurbished_elsewhere"
    PARTNER_STOCK = "partner_stock"
    OPENING_BALANCE = "opening_balance"
    FOUND = "found"


WORKSHOP = frozenset(
    {
        State.RECEIVED,
        State.INSPECTED,
        State.WIPED,
        State.WIPE_FAILED,
        State.IN_REPAIR,
        State.AWAITING_PARTS,
        State.TESTING,
        State.TESTED,
        State.RETURNED,
    }
)
"""W* in the field notes."""

ENDS = frozenset(
    {
        State.GIFTED,
        State.SOLD,
        State.RETURNED_TO_DONOR,
        State.SURRENDERED,
        State.RECYCLED,
        State.TRANSFERRED_OUT,
        State.MERGED,
        State.FITTED,
    }
)
"""States that a device does not leave, save that a gift or a sale can come back, and that a fitted drive can come out again."""

LIVE = frozenset(State) - ENDS

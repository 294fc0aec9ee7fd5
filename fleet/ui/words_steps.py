"""Words for what happened to a device and for what proves it. Keys are enum values, as in `words`."""

from typing import Final

from fleet.ui.words import N_, Tone, Word

STEPS: Final[dict[str, Word]] = {
    "receive": Word(N_("Received"), "received"),
    "opening_balance": Word(N_("Taken over at the start"), "received", Tone.WARN),
    "inspect": Word(N_("Inspected"), "eye"),
    "scrap": Word(N_("Inspected: scrap"), "recycle"),
    "quarantine": Word(N_("Set apart"), "pause", Tone.WARN),
    "clear_quarantine": Word(N_("No longer set apart"), "check"),
    "return_to_donor": Word(N_("Given back to the donor"), "return"),
    "surrender": Word(N_("Surrendered"), "hand-over"),
    "start_wipe": Word(N_("Wiping began"), "eraser"),
    "finish_wipe": Word(N_("Everything is wiped"), "shield", Tone.GOOD),
    "fail_wipe": Word(N_("Wiping failed"), "octagon", Tone.BAD),
    "cancel_wipe": Word(N_("Wiping cancelled, nothing was written"), "cross"),
    "open_repair": Word(N_("Sent to repair"), "wrench"),
    "await_parts": Word(N_("Waits for parts"), "clock"),
    "parts_arrived": Word(N_("Parts arrived"), "wrench"),
    "close_repair": Word(N_("Repair finished"), "wrench"),
    "close_repair_still_wiped": Word(N_("Repair finished, still wiped"), "wrench"),
    "start_image": Word(N_("Installing began"), "install"),
    "finish_image": Word(N_("Installed"), "install", Tone.GOOD),
    "start_test": Word(N_("Testing began"), "pulse"),
    "pass_test": Word(N_("Tested"), "clipboard", Tone.GOOD),
    "release": Word(N_("Released: ready for use"), "check-ring", Tone.GOOD),
    "reserve": Word(N_("Reserved"), "bookmark"),
    "unreserve": Word(N_("No longer reserved"), "check-ring"),
    "lend": Word(N_("Lent"), "person"),
    "swap_in": Word(N_("Lent in exchange"), "hand-over"),
    "extend": Word(N_("Loan extended"), "clock"),
    "deploy": Word(N_("Put at a fixed place"), "pin"),
    "gift": Word(N_("Given away"), "gift"),
    "sell": Word(N_("Sold"), "tag"),
    "take_back": Word(N_("Brought back"), "return"),
    "report_lost": Word(N_("Reported lost or stolen"), "lost", Tone.BAD),
    "find": Word(N_("Found again"), "search"),
    "strip": Word(N_("Taken apart for parts"), "parts"),
    "stage_recycling": Word(N_("Set ready for recycling"), "recycle"),
    "unstage_recycling": Word(N_("Kept from recycling"), "return"),
    "recycle": Word(N_("Recycled"), "recycle"),
    "transfer_out": Word(N_("Transferred"), "leave"),
    "merge": Word(N_("Merged with another record"), "merge"),
}

EVIDENCE: Final[dict[str, str]] = {
    "intake": N_("Where it came in"),
    "place": N_("Place"),
    "visual": N_("Visual inspection"),
    "label_printed": N_("Label printed"),
    "label_scanned": N_("Label scanned back"),
    "reason": N_("Reason"),
    "quarantine_reason": N_("Why it is set apart"),
    "reason_cleared": N_("Why it may go on"),
    "receipt": N_("Receipt"),
    "storage_inventory": N_("Storage found in it"),
    "storage_erased": N_("Wipe certificate"),
    "storage_none_fitted": N_("Proof that no storage is fitted"),
    "storage_reset": N_("Proof of a guided reset"),
    "storage_destroyed": N_("Storage destroyed"),
    "storage_sealed": N_("Storage sealed"),
    "wipe_failure": N_("Log of the failed wipe"),
    "nothing_written": N_("Nothing was written"),
    "work_order": N_("Work order"),
    "repair_outcome": N_("Result of the repair"),
    "image_started": N_("Image chosen"),
    "image_written": N_("Image written and read back"),
    "test_result": N_("Test results"),
    "holder": N_("Case reference of the borrower"),
    "agreement": N_("Loan agreement"),
    "kit_scanned": N_("Kit scanned"),
    "due": N_("Due date"),
    "site": N_("Site"),
    "decision": N_("Decision"),
    "return_check": N_("Check at the return"),
    "swap": N_("Exchange"),
    "loss_statement": N_("Statement of loss"),
    "found_report": N_("Report of the find"),
    "parts_harvested": N_("Parts taken out"),
    "shipment": N_("Shipment to the recycler"),
    "hand_over": N_("Hand-over"),
    "duplicate_of": N_("Duplicate of"),
    "unproven": N_("Unproven"),
}

GATES: Final[dict[str, str]] = {
    "label_scanned_back": N_("The label is not scanned back yet: print it, stick it on and scan it."),
    "visual_says_scrap": N_("Only a device that the inspection calls scrap can skip the other steps."),
    "storage_evidence_for_every_storage": N_(
        "Not every storage in it is proven wiped since it last came in: wipe it at a bench."
    ),
    "storage_accounted_for": N_("Its storage is not accounted for: wipe, destroy or seal it first."),
    "bench_certificate_or_attested_kind": N_("Only a bench can say that this kind of device is wiped."),
    "kind_takes_an_image": N_("This kind of device takes no image."),
    "kind_needs_no_image": N_("This kind of device needs an image first."),
    "nothing_to_wipe": N_("This device has storage: wipe it first."),
    "image_newer_than_wipe": N_("It was not installed since the last wipe: install an image first."),
    "tests_complete_for_kind": N_(
        "The tests are not complete: it must work, be electrically safe and have its battery measured."
    ),
    "tests_newer_than_wipe": N_("It was not tested since the last wipe or installation: test it again."),
    "released_by_another_than_the_tester": N_("Somebody else than the tester must release it."),
    "counter_signature_or_why_absent": N_("A counter-signature is missing, or the reason why there is none."),
}

DOUBTS: Final[dict[str, str]] = {
    "signature_does_not_hold": N_("its signature does not hold"),
    "bytes_are_not_canonical_json": N_("it was changed on its way"),
    "not_a_complete_certificate": N_("it is not complete"),
    "names_another_key": N_("it names another bench"),
    "names_another_device": N_("it names another device"),
    "names_another_storage": N_("it names another storage"),
}
"""Why a certificate is not believed."""

TASKS: Final[dict[str, Word]] = {
    "step_refused": Word(N_("A bench reported a step that is not possible here"), "alert", Tone.WARN),
    "event_unreadable": Word(N_("A bench sent something that cannot be read"), "alert", Tone.BAD),
    "event_gap": Word(N_("A report of a bench is missing"), "alert", Tone.WARN),
    "no_batch": Word(N_("A device came in without a batch"), "batch", Tone.WARN),
    "certificate_refused": Word(N_("A wipe certificate was not accepted"), "octagon", Tone.BAD),
    "possible_duplicate": Word(N_("This device may be here twice"), "merge", Tone.WARN),
    "unknown_device": Word(N_("A bench reported about a device that is not known"), "lost", Tone.WARN),
    "unknown_operator": Word(N_("A bench named a worker who is not known"), "person", Tone.WARN),
    "code_not_issued": Word(N_("A bench used a code that was never issued"), "alert", Tone.BAD),
    "image_failed": Word(N_("An image could not be installed"), "octagon", Tone.BAD),
    "clock_differs": Word(N_("The clock of a bench is wrong"), "clock", Tone.WARN),
}
"""Why a person must look."""

TASK_DATA: Final[dict[str, str]] = {
    "code": N_("Device"),
    "other": N_("Other device"),
    "why": N_("Why"),
    "detail": N_("Detail"),
    "type": N_("Report"),
    "event": N_("Number of the report"),
    "bench": N_("Bench"),
    "after": N_("Last report before the gap"),
    "before": N_("First report after the gap"),
    "ahead_s": N_("Seconds ahead"),
    "reason": N_("Reason"),
    "name": N_("Image"),
    "version": N_("Version"),
}
"""What the data of a task are called."""

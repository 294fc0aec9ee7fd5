"""The names of what can prove a step."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fleet.contract.base import Text

NonBlank = Annotated[Text, Field(min_length=1, max_length=2000)]


class EvidenceType(StrEnum):
    """Every kind of evidence that the lifecycle table asks for."""

    INTAKE = "intake"
    PLACE = "place"
    VISUAL = "visual"
    LABEL_PRINTED = "label_printed"
    LABEL_SCANNED = "label_scanned"
    REASON = "reason"
    QUARANTINE_REASON = "quarantine_reason"
    REASON_CLEARED = "reason_cleared"
    RECEIPT = "receipt"
    STORAGE_INVENTORY = "storage_inventory"
    STORAGE_ERASED = "storage_erased"
    STORAGE_NONE_FITTED = "storage_none_fitted"
    STORAGE_RESET = "storage_reset"
    STORAGE_DESTROYED = "storage_destroyed"
    STORAGE_SEALED = "storage_sealed"
    WIPE_FAILURE = "wipe_failure"
    NOTHING_WRITTEN = "nothing_written"
    WORK_ORDER = "work_order"
    REPAIR_OUTCOME = "repair_outcome"
    IMAGE_STARTED = "image_started"
    IMAGE_WRITTEN = "image_written"
    IMAGE_RECORDED = "image_recorded"
    TEST_RESULT = "test_result"
    HOLDER = "holder"
    AGREEMENT = "agreement"
    KIT_SCANNED = "kit_scanned"
    DUE = "due"
    SITE = "site"
    DECISION = "decision"
    RETURN_CHECK = "return_check"
    SWAP = "swap"
    LOSS_STATEMENT = "loss_statement"
    FOUND_REPORT = "found_report"
    PARTS_HARVESTED = "parts_harvested"
    SHIPMENT = "shipment"
    HAND_OVER = "hand_over"
    DUPLICATE_OF = "duplicate_of"
    UNPROVEN = "unproven"
    FITTED_INTO = "fitted_into"
    TAKEN_OUT_OF = "taken_out_of"
    STORAGE_FITTED = "storage_fitted"
    STORAGE_REMOVED = "storage_removed"
    HARDWARE_READ = "hardware_read"
    CHECKED = "checked"

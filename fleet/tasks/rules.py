"""Kinds of task."""

from enum import StrEnum


class TaskKind(StrEnum):
    """Why a person must look."""

    STEP_REFUSED = "step_refused"
    EVENT_UNREADABLE = "event_unreadable"
    EVENT_GAP = "event_gap"
    NO_BATCH = "no_batch"
    CERTIFICATE_REFUSED = "certificate_refused"
    CERTIFICATE_INADEQUATE = "certificate_inadequate"
    SECOND_PERSON = "second_person"
    DESTRUCTION_WITNESS = "destruction_witness"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_OPERATOR = "unknown_operator"
    CODE_NOT_ISSUED = "code_not_issued"
    IMAGE_FAILED = "image_failed"
    CLOCK_DIFFERS = "clock_differs"
    TRANSFER_MISSING = "transfer_missing"

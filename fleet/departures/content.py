"""What goes into an export beside the chain, and what of an organisation's data does not, with the reason."""

from typing import Final

_DEVICE: Final = "device_id IN (SELECT id FROM device WHERE owner_id = :me OR custodian_id = :me)"
MINE_OR_DEVICE: Final = f"(organisation_id = :me OR {_DEVICE})"
"""What it wrote itself, and what others wrote about the devices that it owns or holds."""


def _own(table: str, order: str = "id") -> str:
    return f"SELECT to_jsonb(t)::text FROM {table} t WHERE organisation_id = :me ORDER BY {order}"  # noqa: S608 - text of ours


def _of_devices(table: str, where: str = _DEVICE, order: str = "id") -> str:
    return f"SELECT to_jsonb(t)::text FROM {table} t WHERE {where} ORDER BY {order}"  # noqa: S608 - text of ours


TABLES: Final = {
    "organisation": "SELECT to_jsonb(o)::text FROM organisation o WHERE id = :me",
    "sites": _own("site"),
    "storage-locations": _own("storage_location"),
    "memberships": _own("membership", "account_id"),
    "workstations": """SELECT (to_jsonb(w) - 'token_hash')::text FROM workstation w WHERE organisation_id = :me ORDER BY id""",
    "api-tokens": """SELECT (to_jsonb(t) - 'token_hash')::text FROM api_token t WHERE organisation_id = :me ORDER BY id""",
    "benches": _own("bench"),
    "bench-events": """SELECT jsonb_build_object('bench_id', bench_id, 'id', id, 'received_at', received_at,
        'outcome', outcome, 'detail', detail, 'device_id', device_id, 'key_id', key_id, 'signature', encode(signature, 'base64'),
        'payload', convert_from(payload, 'UTF8'))::text FROM bench_event WHERE organisation_id = :me ORDER BY bench_id, id""",
    "devices": "SELECT to_jsonb(d)::text FROM device d WHERE owner_id = :me OR custodian_id = :me ORDER BY id",
    "identifiers": _of_devices("identifier"),
    "components": _of_devices("component"),
    "evidence": f"""SELECT jsonb_build_object('id', id, 'device_id', device_id, 'type', type, 'at_version', at_version,
        'recorded_at', recorded_at, 'actor_kind', actor_kind, 'actor_id', actor_id, 'operator_id', operator_id,
        'source_event', source_event, 'sha256', sha256, 'document', convert_from(document, 'UTF8'))::text
        FROM evidence WHERE {_DEVICE} ORDER BY id""",  # noqa: S608 - text of ours
    "hardware-reports": _of_devices("hardware_report", MINE_OR_DEVICE),
    "check-lists": _of_devices("check_list", MINE_OR_DEVICE),
    "wipe-policies": """SELECT jsonb_build_object('version', version, 'set_by', set_by, 'set_at', set_at,
        'document', convert_from(document, 'UTF8'))::text FROM wipe_policy WHERE organisation_id = :me ORDER BY version""",
    "wipe-validations": _of_devices("wipe_validation", MINE_OR_DEVICE, "certificate_id, ordinal"),
    "destructions": f"""SELECT jsonb_build_object('id', id, 'organisation_id', organisation_id, 'device_id', device_id,
        'storage_keys', storage_keys, 'method', method, 'operator_id', operator_id, 'opened_at', opened_at, 'task_id', task_id,
        'sha256', sha256, 'photo_sha256', photo_sha256, 'document', convert_from(document, 'UTF8'))::text
        FROM destruction_record WHERE {MINE_OR_DEVICE} ORDER BY id""",  # noqa: S608 - text of ours
    "destruction-answers": f"""SELECT to_jsonb(a)::text FROM destruction_answer a
        WHERE record_id IN (SELECT id FROM destruction_record WHERE {MINE_OR_DEVICE}) ORDER BY record_id""",  # noqa: S608 - as above
    "tags": _own("tag", "code"),
    "code-leases": _own("code_lease", "bench_id, request_id"),
    "images": """SELECT jsonb_build_object('id', id, 'name', name, 'version', version, 'published_at', published_at,
        'file_sha256', file_sha256, 'key_id', key_id, 'signature', encode(signature, 'base64'),
        'payload', convert_from(payload, 'UTF8'))::text FROM image WHERE organisation_id = :me ORDER BY id""",
    "donors": _own("donor"),
    "donations": _own("donation"),
    "intake-batches": _own("intake_batch"),
    "transfers": "SELECT to_jsonb(t)::text FROM transfer t WHERE sender_id = :me OR receiver_id = :me ORDER BY id",
    "transfer-lines": """SELECT to_jsonb(l)::text FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
        WHERE t.sender_id = :me OR t.receiver_id = :me ORDER BY l.id""",
    "tasks": _own("task"),
    "bulk-runs": _own("bulk_run", "id, account_id"),
}
"""Files of JSON lines with the query of each: what the organisation owns or holds, and its own books. No hash of a password, PIN,
token or code is among them."""

ELSEWHERE: Final = {
    "audit_event": "chain.ndjson",
    "chain_head": "heads.json",
    "wipe_certificate": "certificates/",
}
"""Tables whose rows stand in another file of the export."""

LEFT_OUT: Final = {
    "account": "names, addresses and secrets of people; chain and rows name a person by an id alone",
    "account_session": "how people sign in; each sign-in is an event of the chain",
    "reset_link": "secrets of people",
    "passkey": "a person's own",
    "passkey_offer": "a person's own",
    "external_identity": "a person's own",
    "badge": "secrets of people; issue and end are events of the chain",
    "badge_tries": "secrets of people",
    "enrolment_code": "secrets; issue and use are events of the chain",
    "workstation_code": "secrets; issue and use are events of the chain",
    "kept_form": "forms that somebody has not sent yet",
    "bench_ports": "what a bench shows at this moment",
    "saved_view": "how a person looks at lists",
    "list_columns": "how a person looks at lists",
    "reference_counter": "the next number of a reference; the references themselves are in their rows",
    "image_content": "which files of images are in the store: too large for an export, named by their hash in images.ndjson",
    "departure": "this leaving itself; its end is the last event, closing.json",
}
"""Tables with an organisation's data of which nothing is exported, and why."""

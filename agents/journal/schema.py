"""The journal's tables. A change is a new entry at the end of MIGRATIONS, never an edit of an old one."""

from typing import Final

APPLICATION_ID: Final = 0x48505354
"""`HPST` in the file's header: tells a journal from any other SQLite file."""

_FIRST: Final = """
CREATE TABLE profile (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    document TEXT NOT NULL,
    server TEXT NOT NULL,
    skew_s REAL NOT NULL DEFAULT 0,
    trouble TEXT
) STRICT;

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    storage_key TEXT PRIMARY KEY,
    asset_code TEXT NOT NULL,
    kind TEXT NOT NULL,
    storage TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('received', 'labelled', 'scanned')),
    first_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease_requests (request_id TEXT PRIMARY KEY, count INTEGER NOT NULL CHECK (count > 0)) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
    place INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    taken_by TEXT UNIQUE,
    leased_at TEXT NOT NULL
) STRICT;
CREATE INDEX codes_free ON codes (place) WHERE taken_by IS NULL;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('wipe', 'image')),
    storage_key TEXT NOT NULL REFERENCES devices (storage_key),
    storage TEXT NOT NULL,
    asset_code TEXT NOT NULL,
    port TEXT NOT NULL,
    operator TEXT,
    plan TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'issued', 'writing', 'verifying', 'done')),
    offset_bytes INTEGER NOT NULL DEFAULT 0 CHECK (offset_bytes >= 0),
    secret BLOB,
    outcome TEXT CHECK (outcome IN ('erased', 'imaged', 'failed', 'unknown', 'cancelled')),
    reason TEXT,
    began_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CHECK ((state = 'done') = (outcome IS NOT NULL)),
    CHECK (state <> 'done' OR secret IS NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX jobs_one_open ON jobs (storage_key) WHERE state <> 'done';
CREATE INDEX jobs_of_storage ON jobs (storage_key, began_at);

CREATE TABLE scans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    port TEXT NOT NULL,
    text TEXT NOT NULL,
    visual TEXT NOT NULL,
    defects TEXT NOT NULL,
    weight_g INTEGER,
    operator TEXT,
    made_at TEXT NOT NULL,
    answer TEXT,
    accepted INTEGER,
    CHECK ((answer IS NULL) = (accepted IS NULL))
) STRICT;
CREATE INDEX scans_waiting ON scans (port, id) WHERE answer IS NULL;

CREATE TABLE outbox (
    bench_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    asset_code TEXT NOT NULL,
    document TEXT NOT NULL,
    made_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    stuck INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bench_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE ports (name TEXT PRIMARY KEY, snapshot TEXT NOT NULL, changed_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

_JOB_PROCESSES: Final = """
CREATE TABLE jobs_anew (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('wipe', 'image')),
    storage_key TEXT NOT NULL REFERENCES devices (storage_key),
    storage TEXT NOT NULL,
    asset_code TEXT NOT NULL,
    port TEXT NOT NULL,
    operator TEXT,
    plan TEXT NOT NULL,
    document TEXT,
    state TEXT NOT NULL CHECK (state IN ('intent', 'issued', 'writing', 'prepared', 'polling', 'verifying', 'done')),
    offset_bytes INTEGER NOT NULL DEFAULT 0 CHECK (offset_bytes >= 0),
    secret BLOB,
    record BLOB,
    interruptions INTEGER NOT NULL DEFAULT 0 CHECK (interruptions >= 0),
    outcome TEXT CHECK (outcome IN ('erased', 'imaged', 'failed', 'unknown', 'cancelled')),
    reason TEXT,
    began_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CHECK ((state = 'done') = (outcome IS NOT NULL)),
    CHECK (state <> 'done' OR (secret IS NULL AND record IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO jobs_anew (id, kind, storage_key, storage, asset_code, port, operator, plan, state, offset_bytes, secret, outcome,
    reason, began_at, changed_at)
SELECT id, kind, storage_key, storage, asset_code, port, operator, plan, state, offset_bytes, secret, outcome, reason, began_at,
    changed_at FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_anew RENAME TO jobs;
CREATE UNIQUE INDEX jobs_one_open ON jobs (storage_key) WHERE state <> 'done';
CREATE INDEX jobs_of_storage ON jobs (storage_key, began_at);
"""
"""The whole plan of a job, how often it was taken up again, and how far the drive's firmware is."""

_PASSWORDS: Final = """
CREATE TABLE passwords (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    storage_key TEXT NOT NULL,
    password TEXT,
    made_at TEXT NOT NULL,
    cleared_at TEXT,
    CHECK ((password IS NULL) = (cleared_at IS NOT NULL))
) STRICT;
CREATE INDEX passwords_standing ON passwords (storage_key, id) WHERE cleared_at IS NULL;
"""
"""ATA passwords outlive their jobs: a drive that was left locked is opened with them."""

MIGRATIONS: Final = (_FIRST, _JOB_PROCESSES, _PASSWORDS)
SCHEMA_VERSION: Final = len(MIGRATIONS)

-- What is announced over loudspeakers, and what became of it. thon-announced is the only writer of all but person_pin, which is
-- the registry's. Times are seconds since 1970-01-01T00:00:00Z; slugs are those of thon/announce.h. docs/store.md explains.

CREATE TABLE announcement (
        serial       INTEGER PRIMARY KEY AUTOINCREMENT,
        id           TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 63),
        state        TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'done', 'cancelled', 'refused')),
        title        TEXT NOT NULL,
        by           TEXT,
        approved_by  TEXT,
        ended_by     TEXT,
        ended_reason TEXT,
        submitted    INTEGER NOT NULL,
        approved     INTEGER,
        ended        INTEGER,
        planned      INTEGER, -- occurrences up to this one have airings; NULL: none
        form         TEXT NOT NULL CHECK (form GLOB '{*}') -- JSON, members in order of their names: its digest is audited
) STRICT;
CREATE INDEX announcement_open ON announcement (serial) WHERE state IN ('submitted', 'approved');

-- One announcement, one time, one zone. It outlives neither its announcement nor the history.
CREATE TABLE airing (
        serial       INTEGER PRIMARY KEY AUTOINCREMENT,
        announcement TEXT NOT NULL CHECK (announcement <> ''),
        zone         TEXT NOT NULL CHECK (zone <> ''),
        class        TEXT NOT NULL CHECK (class IN ('normal', 'priority', 'emergency')),
        due          INTEGER NOT NULL,
        began        INTEGER,
        ended        INTEGER, -- NULL: it waits, or is on air
        state        TEXT NOT NULL CHECK (state <> ''),
        reason       TEXT NOT NULL,
        seconds_ms   INTEGER NOT NULL CHECK (seconds_ms >= 0),
        position_ms  INTEGER NOT NULL CHECK (position_ms >= 0),
        level_db     REAL, -- NULL: not known
        returned_db  REAL,
        proof        TEXT NOT NULL,
        audio        TEXT NOT NULL, -- below the state directory's announce/aired/; '' none, or it was removed after its time
        audio_size   INTEGER NOT NULL CHECK (audio_size >= 0),
        audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) IN (0, 64)),
        by           TEXT NOT NULL
) STRICT;
CREATE INDEX airing_by_announcement ON airing (announcement, due);
CREATE INDEX airing_by_due ON airing (due);
CREATE INDEX airing_open ON airing (due) WHERE ended IS NULL;
CREATE INDEX airing_audio ON airing (due, audio_size) WHERE audio <> '';

CREATE TABLE zone_fault (
        zone   TEXT NOT NULL CHECK (zone <> ''),
        fault  TEXT NOT NULL CHECK (fault IN ('silent', 'stuck', 'return-lost', 'player', 'amplifier')),
        began  INTEGER NOT NULL,
        ended  INTEGER, -- NULL: it stands
        detail TEXT NOT NULL,
        PRIMARY KEY (zone, fault, began)
) STRICT, WITHOUT ROWID;

-- Alerts as they came in, also those that were not taken: what was refused must be arguable later.
CREATE TABLE cap_alert (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        sender       TEXT NOT NULL,
        identifier   TEXT NOT NULL,
        sent         INTEGER,
        received     INTEGER NOT NULL,
        expires      INTEGER,
        taken        INTEGER NOT NULL CHECK (taken IN (0, 1)),
        over         INTEGER NOT NULL CHECK (over IN (0, 1)), -- updated, cancelled or expired
        origin       TEXT NOT NULL, -- file, address or topic that it came from
        signer       TEXT NOT NULL,
        announcement TEXT NOT NULL,
        reason       TEXT NOT NULL,
        xml          TEXT -- last: lists do not read it. NULL: too many were refused since
) STRICT;
CREATE INDEX cap_alert_refused ON cap_alert (id) WHERE taken = 0;

-- Who may air an emergency. Written by thonctl and webd, as the registry is; only a yescrypt hash.
CREATE TABLE person_pin (
        person TEXT PRIMARY KEY NOT NULL REFERENCES person (id) ON UPDATE CASCADE ON DELETE CASCADE,
        hash   TEXT NOT NULL CHECK (hash <> ''),
        set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Wrong PINs in a row. announced's, so without a reference: removing a person must not wait for it.
CREATE TABLE pin_try (
        person       TEXT PRIMARY KEY NOT NULL CHECK (person <> ''),
        wrong        INTEGER NOT NULL CHECK (wrong >= 0),
        locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that the broker has not taken yet, oldest first. AUTOINCREMENT: a serial is never given twice.
CREATE TABLE announce_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;

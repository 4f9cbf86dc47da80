-- What becomes of watched devices (cameras, switches, access points, hosts). thon-camerad is the only writer.
-- Times are seconds since 1970-01-01T00:00:00Z; verdicts are the slugs of thon/camera.h. docs/store.md explains.

-- Passwords of devices: never shown, in no export; the audit log tells that one was set. Who may read the store may read
-- them, because a camera must be told them as they are.
CREATE TABLE device_secret (
        device   TEXT PRIMARY KEY NOT NULL REFERENCES device (id) ON UPDATE CASCADE ON DELETE CASCADE,
        password TEXT NOT NULL CHECK (length(CAST(password AS BLOB)) BETWEEN 1 AND 255),
        serial   INTEGER NOT NULL CHECK (serial > 0), -- another one after every change
        set_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a camera saw may go with a notice: the picture's path, relative to the state directory.
ALTER TABLE notification ADD COLUMN picture TEXT CHECK (picture <> '');

-- One a device: what must outlive a restart. Written when it changes, not with every check.
CREATE TABLE camera_state (
        device             TEXT PRIMARY KEY NOT NULL CHECK (device <> ''),
        verdict            TEXT NOT NULL CHECK (verdict <> ''),
        since              INTEGER NOT NULL,
        flapping_since     INTEGER,  -- NULL: it does not flap
        maintenance        INTEGER NOT NULL DEFAULT 0 CHECK (maintenance IN (0, 1)),
        maintenance_until  INTEGER CHECK (maintenance_until IS NULL OR maintenance = 1), -- NULL: until it is ended
        maintenance_by     TEXT NOT NULL DEFAULT '',
        maintenance_reason TEXT NOT NULL DEFAULT '',
        heal_tries         TEXT NOT NULL DEFAULT '[]' CHECK (substr(heal_tries, 1, 1) = '['), -- times, oldest first
        heal_attempts      INTEGER NOT NULL DEFAULT 0 CHECK (heal_attempts >= 0), -- for the failure below
        heal_failure       INTEGER NOT NULL DEFAULT 0,
        heal_under_way     INTEGER NOT NULL DEFAULT 0 CHECK (heal_under_way BETWEEN 0 AND 2), -- none, reboot, power
        heal_began         INTEGER NOT NULL DEFAULT 0,
        auth_refused       INTEGER NOT NULL DEFAULT 0 CHECK (auth_refused >= 0),
        auth_tag           TEXT NOT NULL DEFAULT '', -- stands for the login that was refused; not the login
        mac                TEXT NOT NULL DEFAULT '',
        endpoint           TEXT NOT NULL DEFAULT '',
        address            TEXT NOT NULL DEFAULT '', -- where it was found, when not where it is configured
        baselines          TEXT NOT NULL DEFAULT '',
        profile            TEXT NOT NULL DEFAULT '',
        snapshot_url       TEXT NOT NULL DEFAULT ''
) STRICT;

-- Rows are changes; what held at an instant is the last row of its kind before it.
CREATE TABLE camera_history (
        id       INTEGER PRIMARY KEY,
        at       INTEGER NOT NULL,
        device   TEXT NOT NULL CHECK (device <> ''),
        what     TEXT NOT NULL CHECK (what IN ('verdict', 'blip', 'flap', 'maintenance', 'heal', 'address')),
        value    TEXT NOT NULL,
        detail   TEXT NOT NULL,
        by       TEXT NOT NULL,
        seconds  INTEGER NOT NULL CHECK (seconds >= 0),
        incident INTEGER -- serial of the incident that it belongs to
) STRICT;
-- The only index, as of light_history: each costs the card a page with every change.
CREATE INDEX camera_history_by_device ON camera_history (device, what, at);

-- When camerad was watching at all: a gap between two spans is time of which nothing is known.
CREATE TABLE camera_watching (
        since INTEGER PRIMARY KEY,
        until INTEGER NOT NULL,
        CHECK (until >= since)
) STRICT;

CREATE TABLE camera_incident (
        serial   INTEGER PRIMARY KEY AUTOINCREMENT,
        id       TEXT NOT NULL UNIQUE CHECK (id <> ''), -- also the id of its event
        cause    TEXT NOT NULL CHECK (cause <> ''),
        verdict  TEXT NOT NULL,
        root     TEXT NOT NULL,             -- a device; '' none
        name     TEXT NOT NULL,
        area     TEXT NOT NULL,
        group_   INTEGER NOT NULL,          -- of camera_learned; 0 none
        cause_id TEXT NOT NULL,             -- of the incident that it was split from; '' none
        text     TEXT NOT NULL,             -- as it was told
        end_text TEXT NOT NULL,
        began    INTEGER NOT NULL,
        ended    INTEGER,                   -- NULL: it stands
        most     INTEGER NOT NULL CHECK (most >= 0) -- so many were down with the root at once
) STRICT;
CREATE INDEX camera_incident_standing ON camera_incident (serial) WHERE ended IS NULL;

-- Those that it holds down now; when it is over, those that were still down then.
CREATE TABLE camera_incident_member (
        incident INTEGER NOT NULL REFERENCES camera_incident (serial) ON DELETE CASCADE,
        device   TEXT NOT NULL,
        PRIMARY KEY (incident, device)
) STRICT, WITHOUT ROWID;

-- Devices that fell together before.
CREATE TABLE camera_learned (
        group_ INTEGER PRIMARY KEY,
        doc    TEXT NOT NULL CHECK (doc <> '')
) STRICT;

-- Files below the state directory's pictures/.
CREATE TABLE camera_picture (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        at      INTEGER NOT NULL,
        device  TEXT NOT NULL CHECK (device <> ''),
        kind    INTEGER NOT NULL CHECK (kind IN (0, 1, 2)), -- good, bad, sheet
        verdict TEXT NOT NULL,
        file    TEXT NOT NULL UNIQUE CHECK (file <> ''),
        size    INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
CREATE INDEX camera_picture_by_device ON camera_picture (device, kind, at);

-- Events that the broker has not taken yet, oldest first. AUTOINCREMENT: a serial is never given twice.
CREATE TABLE camera_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;

-- The registry: what people decide. Written by thonctl and webd, each write in one IMMEDIATE transaction.
-- Ids are slugs ([a-z0-9][a-z0-9-]{0,62}); a household's code is the address code that the commune gave it.
-- Optional text is NULL when it is not known, never ''.

CREATE TABLE registry_state (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL CHECK (generation >= 0) -- counts up with every write below
) STRICT;
INSERT INTO registry_state (id, generation) VALUES (1, 0);

-- An area that was merged keeps its row: its id stays known and leads to the area that took it in.
CREATE TABLE area (
        id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name        TEXT NOT NULL CHECK (name <> ''),
        kind        TEXT CHECK (kind <> ''), -- commune, hamlet, lane, ...
        parent      TEXT REFERENCES area (id) ON UPDATE CASCADE CHECK (parent <> id),
        lat         REAL CHECK (lat BETWEEN -90 AND 90),
        lon         REAL CHECK (lon BETWEEN -180 AND 180),
        merged_into TEXT REFERENCES area (id) ON UPDATE CASCADE CHECK (merged_into <> id),
        merged_at   INTEGER,
        CHECK ((lat IS NULL) = (lon IS NULL)),
        CHECK ((merged_into IS NULL) = (merged_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX area_by_parent ON area (parent);
CREATE INDEX area_by_name ON area (name);
CREATE INDEX area_by_merged ON area (merged_into) WHERE merged_into IS NOT NULL;

-- What an area was called, and what it belonged to, until it was renamed, moved or merged.
CREATE TABLE area_history (
        serial INTEGER PRIMARY KEY,
        area   TEXT NOT NULL REFERENCES area (id) ON UPDATE CASCADE ON DELETE CASCADE,
        name   TEXT NOT NULL,
        parent TEXT,
        until  INTEGER NOT NULL -- seconds since 1970-01-01T00:00:00Z
) STRICT;
CREATE INDEX area_history_by_area ON area_history (area);
CREATE INDEX area_history_by_name ON area_history (name);

CREATE TABLE household (
        code           TEXT PRIMARY KEY NOT NULL COLLATE NOCASE CHECK (length(code) BETWEEN 1 AND 63),
        area           TEXT REFERENCES area (id) ON UPDATE CASCADE,
        house_no       TEXT CHECK (house_no <> ''),
        lane           TEXT CHECK (lane <> ''),
        head_name      TEXT CHECK (head_name <> ''),
        phone          TEXT CHECK (phone GLOB '+[1-9]*'), -- E.164
        members        INTEGER CHECK (members BETWEEN 0 AND 1000),
        lat            REAL CHECK (lat BETWEEN -90 AND 90),
        lon            REAL CHECK (lon BETWEEN -180 AND 180),
        internet       INTEGER CHECK (internet IN (0, 1)),
        smartphone     INTEGER CHECK (smartphone IN (0, 1)),
        e_payment      INTEGER CHECK (e_payment IN (0, 1)),
        digital_skills TEXT CHECK (digital_skills <> ''),
        notes          TEXT CHECK (notes <> ''),
        search         TEXT NOT NULL, -- folded by thon_text_fold(), a space before every word
        CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX household_by_area ON household (area);
-- A search reads this index alone, a quarter of the table's pages.
CREATE INDEX household_by_search ON household (search, code);

CREATE TABLE person (
        id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name       TEXT NOT NULL CHECK (name <> ''),
        household  TEXT COLLATE NOCASE REFERENCES household (code) ON UPDATE CASCADE,
        area       TEXT REFERENCES area (id) ON UPDATE CASCADE,
        role       TEXT CHECK (role <> ''),
        phone      TEXT CHECK (phone GLOB '+[1-9]*'),
        channels   TEXT CHECK (channels <> ''), -- "oa:ID;bot:ID"
        consent    TEXT CHECK (consent <> ''),  -- "notices,emergency"
        consent_at TEXT CHECK (length(consent_at) = 10), -- YYYY-MM-DD, when it was given
        notes      TEXT CHECK (notes <> ''),
        search     TEXT NOT NULL DEFAULT '',
        CHECK (consent IS NULL OR consent_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_by_household ON person (household) WHERE household IS NOT NULL;
CREATE INDEX person_by_area ON person (area) WHERE area IS NOT NULL;
CREATE INDEX person_by_role ON person (role) WHERE role IS NOT NULL;

CREATE TABLE group_ (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL CHECK (name <> ''),
        kind TEXT CHECK (kind <> ''), -- party-cell, farmers, women, veterans, youth, digital-team, ...
        area TEXT REFERENCES area (id) ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX group_by_area ON group_ (area) WHERE area IS NOT NULL;

CREATE TABLE group_member (
        group_id TEXT NOT NULL REFERENCES group_ (id) ON UPDATE CASCADE ON DELETE CASCADE,
        person   TEXT NOT NULL REFERENCES person (id) ON UPDATE CASCADE ON DELETE CASCADE,
        PRIMARY KEY (group_id, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_by_person ON group_member (person);

-- Lighting programs and calendars as JSON documents (docs/light-forms.md).
CREATE TABLE light_program (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL,
        doc  TEXT NOT NULL CHECK (doc GLOB '{*}')
) STRICT, WITHOUT ROWID;

CREATE TABLE light_calendar (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL,
        doc  TEXT NOT NULL CHECK (doc GLOB '{*}')
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
        id      TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        kind    TEXT NOT NULL CHECK (kind <> ''), -- circuit, camera, switch, access-point, host, ...
        area    TEXT REFERENCES area (id) ON UPDATE CASCADE,
        name    TEXT NOT NULL CHECK (name <> ''),
        lat     REAL CHECK (lat BETWEEN -90 AND 90),
        lon     REAL CHECK (lon BETWEEN -180 AND 180),
        config  TEXT NOT NULL DEFAULT '{}' CHECK (config GLOB '{*}'),
        CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX device_by_kind ON device (kind);
CREATE INDEX device_by_area ON device (area) WHERE area IS NOT NULL;

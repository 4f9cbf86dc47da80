-- Who may use the console. Users are the registry's: what people decide, written by thonctl and webd through the same
-- calls. Times are seconds since 1970-01-01T00:00:00Z. docs/store.md explains.

CREATE TABLE user (
        id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name       TEXT CHECK (name <> ''), -- NULL: the person's
        person     TEXT REFERENCES person (id) ON UPDATE CASCADE,
        role       TEXT NOT NULL CHECK (role IN ('admin', 'officer', 'hamlet-head', 'technician', 'viewer')),
        hash       TEXT NOT NULL CHECK (hash GLOB '$y$*'),
        serial     INTEGER NOT NULL CHECK (serial > 0), -- another one after every change of password, role or disabled
        disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
        created_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        CHECK (name IS NOT NULL OR person IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_by_person ON user (person) WHERE person IS NOT NULL;

-- Wrong passwords in a row. Without a reference: names that nobody has are counted too, all as "-".
CREATE TABLE user_try (
        user         TEXT PRIMARY KEY NOT NULL CHECK (user <> ''),
        wrong        INTEGER NOT NULL CHECK (wrong >= 0),
        locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

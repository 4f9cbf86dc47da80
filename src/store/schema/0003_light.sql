-- What happens to the lights. thon-lightd is the only writer.

CREATE TABLE light_history (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL, -- seconds since 1970-01-01T00:00:00Z
        circuit TEXT NOT NULL CHECK (circuit <> ''),
        what    TEXT NOT NULL CHECK (what IN ('in_effect', 'physical', 'override', 'fault', 'meter', 'lockout')),
        value   TEXT NOT NULL,
        cause   TEXT NOT NULL,
        by      TEXT NOT NULL,
        kwh     REAL CHECK (kwh >= 0) -- the meter at that moment
) STRICT;
-- Few indexes: each costs the card a page with every switching. No index by time alone: a walk over all circuits jumps
-- from one to the next in the first of these.
CREATE INDEX light_history_by_circuit ON light_history (circuit, what, at);
CREATE INDEX light_history_by_reading ON light_history (circuit, at) WHERE kwh IS NOT NULL;

CREATE TABLE light_counter (
        circuit         TEXT PRIMARY KEY NOT NULL CHECK (circuit <> ''),
        operations      INTEGER NOT NULL CHECK (operations >= 0),
        on_seconds      INTEGER NOT NULL CHECK (on_seconds >= 0),
        pulses          INTEGER NOT NULL CHECK (pulses >= 0),
        remote_kwh      REAL NOT NULL,
        remote_kwh_base REAL NOT NULL,
        kwh_offset      REAL NOT NULL,
        saved_at        INTEGER NOT NULL -- the last sign of life before a power cut
) STRICT, WITHOUT ROWID;

-- Events that the broker has not taken yet, oldest first. AUTOINCREMENT: a serial is never given twice.
CREATE TABLE light_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;

-- Who did what. Each row holds the SHA-256 of the row before and its own; docs/store.md says over which bytes.
-- The triggers stop a slip, not an intruder: against him stands the chain of digests.

CREATE TABLE audit (
        id     INTEGER PRIMARY KEY CHECK (id > 0), -- 1, 2, 3, ... without a gap
        at     INTEGER NOT NULL,                   -- seconds since 1970-01-01T00:00:00Z
        actor  TEXT NOT NULL,
        action TEXT NOT NULL,
        object TEXT NOT NULL,
        detail TEXT NOT NULL CHECK (detail GLOB '{*}'),
        before TEXT NOT NULL CHECK (length(before) = 64),
        hash   TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

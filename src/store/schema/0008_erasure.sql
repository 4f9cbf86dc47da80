-- Whose data were erased on their request: digests alone, so that a copy of the store from before is rid of them again when it
-- is restored. Written by whoever writes the registry. docs/privacy.md explains.
CREATE TABLE erasure (
        digest TEXT NOT NULL CHECK (length(digest) = 64), -- SHA-256 of "household:CODE" or "person:ID"
        at     INTEGER NOT NULL, -- seconds since 1970-01-01T00:00:00Z; a code may be given anew, and erased again
        PRIMARY KEY (digest, at)
) STRICT, WITHOUT ROWID;

-- A row of the audit log may lose what names a person, and nothing else: its digest stays, and with it the chain. The row
-- that says who blanked it holds that digest (docs/store.md).
DROP TRIGGER audit_stays;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
WHEN NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.actor <> OLD.actor OR NEW.action <> OLD.action
     OR NEW.before <> OLD.before OR NEW.hash <> OLD.hash OR NEW.detail <> '{"erased":true}'
     OR (NEW.object <> OLD.object AND NEW.object <> '~')
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

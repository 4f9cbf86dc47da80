-- Notices, what became of them, and what people wrote back. thon-relayd is the only writer. docs/store.md explains.
-- Times are seconds since 1970-01-01T00:00:00Z. Numbers of class, outcome, receipt and state are those of thon/relay.h
-- and thon/relay_store.h.

CREATE TABLE notification (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
        purpose      TEXT NOT NULL CHECK (purpose IN ('notices', 'emergency')),
        audience     TEXT NOT NULL CHECK (substr(audience, 1, 1) = '['), -- "to", as it was given
        text         TEXT NOT NULL CHECK (text <> ''),            -- as people read it
        template     TEXT,
        template_values TEXT,                                     -- JSON object
        not_before   INTEGER,
        expires      INTEGER,
        key          TEXT UNIQUE CHECK (key <> ''),
        digest       TEXT,     -- of what was submitted under the key: the same key with other words is refused
        supersedes   INTEGER,
        parent       INTEGER,  -- the notice that this one escalates, or of which it tells the end
        source       TEXT NOT NULL DEFAULT '',                    -- "", "route:lamps", "report:12", "digest"
        ack          TEXT,                                        -- JSON object, when somebody is to acknowledge
        ack_at       INTEGER,
        ack_by       TEXT,
        escalated    INTEGER NOT NULL DEFAULT 0,                  -- steps done
        escalate_at  INTEGER,                                     -- of the next step
        by           TEXT NOT NULL DEFAULT '',
        submitted_at INTEGER NOT NULL,
        left_out     INTEGER NOT NULL DEFAULT 0,                  -- without consent
        state        INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), -- open, done, withdrawn, superseded
        round        INTEGER NOT NULL DEFAULT 0, -- counts up with each retry: what was not sent in an earlier one may be
        done_at      INTEGER                     -- since when it is not open
) STRICT;
CREATE INDEX notification_open ON notification (id) WHERE state = 0;
CREATE INDEX notification_escalate ON notification (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX notification_done ON notification (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX notification_by_parent ON notification (parent) WHERE parent IS NOT NULL;

-- One a recipient.
CREATE TABLE delivery (
        id           INTEGER PRIMARY KEY,
        notification INTEGER NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
        household    TEXT COLLATE NOCASE,
        person       TEXT,
        area         TEXT,                       -- where they lived then
        ladder       TEXT NOT NULL,              -- "oa:123 sms:+84912345678"
        rung         INTEGER NOT NULL DEFAULT 0,
        message      INTEGER REFERENCES message (id) ON DELETE SET NULL, -- of the present rung
        outcome      INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 4),
        receipt      INTEGER NOT NULL DEFAULT 0 CHECK (receipt BETWEEN 0 AND 3),
        detail       TEXT NOT NULL DEFAULT '',
        at           INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_by_notification ON delivery (notification, outcome, receipt);
CREATE INDEX delivery_by_message ON delivery (message) WHERE message IS NOT NULL;

-- One a notice and chat: what goes out. `carrier` is the digest that carries it in its place.
CREATE TABLE message (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        notification INTEGER REFERENCES notification (id) ON DELETE CASCADE, -- NULL: a digest, or an answer to a citizen
        channel      TEXT NOT NULL CHECK (channel <> ''),
        address      TEXT NOT NULL,
        class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
        state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
        due          INTEGER NOT NULL,          -- not before
        why          INTEGER NOT NULL DEFAULT 0, -- it is due then: enum thon_due
        expires      INTEGER,
        attempts     INTEGER NOT NULL DEFAULT 0,
        unknowns     INTEGER NOT NULL DEFAULT 0,
        part         INTEGER NOT NULL DEFAULT 0, -- parts that were accepted
        round        INTEGER NOT NULL DEFAULT 0, -- of its notice, when it was queued
        text         TEXT,                       -- NULL: that of the notice
        message_id   TEXT,                       -- of the last part, as the provider gave it
        code         INTEGER,
        detail       TEXT NOT NULL DEFAULT '',
        carrier      INTEGER REFERENCES message (id) ON DELETE SET NULL,
        at           INTEGER NOT NULL
) STRICT;
CREATE INDEX message_queued ON message (channel, class, due, id) WHERE state = 0;
CREATE INDEX message_sending ON message (id) WHERE state = 1;
CREATE INDEX message_by_notification ON message (notification, channel, address) WHERE notification IS NOT NULL;
CREATE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX message_by_chat ON message (channel, address, id);
CREATE INDEX message_alone ON message (at) WHERE notification IS NULL;
CREATE INDEX message_by_carrier ON message (carrier) WHERE carrier IS NOT NULL;
CREATE INDEX message_expires ON message (expires) WHERE state = 0 AND expires IS NOT NULL;

-- What we know of an address: when its person last wrote or tapped, and whether it is of any use.
CREATE TABLE chat (
        channel        TEXT NOT NULL,
        address        TEXT NOT NULL,
        interaction_at INTEGER, -- last one of the person's
        bad_until      INTEGER, -- "no Zalo account", "blocked": not tried before
        bad_code       INTEGER,
        bad_detail     TEXT,
        PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel_day (
        channel TEXT NOT NULL,
        day     INTEGER NOT NULL, -- civil, since 1970-01-01
        used    INTEGER NOT NULL CHECK (used >= 0),
        PRIMARY KEY (channel, day)
) STRICT, WITHOUT ROWID;

-- What came in, each update once: `update_id` is the provider's.
CREATE TABLE inbound (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        channel    TEXT NOT NULL,
        update_id  TEXT NOT NULL,
        at         INTEGER NOT NULL,
        kind       TEXT NOT NULL, -- text, image, location, receipt, follow, unfollow, other
        address    TEXT NOT NULL, -- chat to answer to
        sender     TEXT NOT NULL DEFAULT '', -- user id within it
        doc        TEXT NOT NULL CHECK (doc GLOB '{*}'),
        done       INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
        report     INTEGER, -- that its attachment belongs to
        url        TEXT,    -- of the attachment that is still to be fetched
        UNIQUE (channel, update_id)
) STRICT;
CREATE INDEX inbound_waiting ON inbound (id) WHERE done = 0;

-- Where the next long-poll of a channel goes on.
CREATE TABLE poll_cursor (
        channel TEXT PRIMARY KEY NOT NULL,
        cursor  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Citizens' reports (phản ánh).
CREATE TABLE report (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        channel     TEXT NOT NULL,
        address     TEXT NOT NULL,
        name        TEXT NOT NULL DEFAULT '', -- as the provider shows the sender
        person      TEXT,
        household   TEXT COLLATE NOCASE,
        area        TEXT,
        lat         REAL,
        lon         REAL,
        state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- new, assigned, in progress, done, refused
        assignee    TEXT,
        reason      TEXT,
        due         INTEGER NOT NULL,
        opened_at   INTEGER NOT NULL,
        updated_at  INTEGER NOT NULL,
        closed_at   INTEGER
) STRICT;
CREATE INDEX report_open ON report (channel, address) WHERE closed_at IS NULL;
CREATE INDEX report_by_chat ON report (channel, address, updated_at);

CREATE TABLE report_entry (
        id     INTEGER PRIMARY KEY,
        report INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
        at     INTEGER NOT NULL,
        by     TEXT NOT NULL,   -- "" the citizen
        kind   TEXT NOT NULL,   -- text, picture, location, file, state, answer
        text   TEXT NOT NULL DEFAULT '',
        file   TEXT,            -- below the state directory's reports/
        size   INTEGER,
        type   TEXT
) STRICT;
CREATE INDEX report_entry_by_report ON report_entry (report);

-- Causes that routes are telling of: one document an incident, read at start.
CREATE TABLE incident (
        id    TEXT PRIMARY KEY NOT NULL,
        route TEXT NOT NULL,
        doc   TEXT NOT NULL CHECK (doc GLOB '{*}'),
        at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events of relayd that the broker has not taken yet.
CREATE TABLE relay_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;

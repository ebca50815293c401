-- +goose Up
-- When a room meets. A room without a row here is permanent. owner is that of
-- the room, '' if it has none, and folded its name as it is searched. starts and
-- ends are those of the occurrence that runs or comes, or, if none comes, of the
-- last there was. Times are Unix milliseconds, lengths milliseconds. request is
-- the form's own id behind that of the account: what was submitted twice is once
-- here.
CREATE TABLE meetings (
    id            TEXT PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
    owner         TEXT NOT NULL,
    folded        TEXT NOT NULL,
    zone          TEXT NOT NULL,
    start         TEXT NOT NULL,
    duration      INTEGER NOT NULL,
    repeat        TEXT NOT NULL,
    exceptions    TEXT NOT NULL,
    join_early    INTEGER NOT NULL,
    grace         INTEGER NOT NULL,
    completed     INTEGER,
    cancelled     INTEGER,
    uid           TEXT NOT NULL UNIQUE,
    sequence      INTEGER NOT NULL DEFAULT 0,
    note          TEXT NOT NULL,
    personal_pins INTEGER NOT NULL,
    reminders     TEXT NOT NULL,
    request       TEXT UNIQUE,
    comes         INTEGER NOT NULL,
    starts        INTEGER NOT NULL,
    ends          INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    closes        INTEGER NOT NULL AS (ends + grace) VIRTUAL,
    over          INTEGER NOT NULL AS (completed IS NOT NULL OR cancelled IS NOT NULL OR comes = 0) VIRTUAL
) STRICT;
-- The lists: all that they select by is in here.
CREATE INDEX meetings_list ON meetings (owner, over, starts, id, closes, folded);
CREATE INDEX meetings_due ON meetings (over, starts);

-- Who was invited. The personal PIN is kept as those in pins; the link is in
-- links. email_key is the address in lower case. The times are when each was seen
-- last.
CREATE TABLE invitees (
    id         TEXT PRIMARY KEY,
    room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    email_key  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    language   TEXT NOT NULL,
    pin_hash   BLOB,
    pin_sealed BLOB,
    created_at INTEGER NOT NULL,
    opened     INTEGER,
    waiting    INTEGER,
    joined     INTEGER,
    "left"     INTEGER,
    UNIQUE (room_id, pin_hash)
) STRICT;
CREATE INDEX invitees_room ON invitees (room_id, created_at);
CREATE INDEX invitees_email ON invitees (email_key);
CREATE INDEX invitees_phone ON invitees (phone);

-- A room has one shared link, and one for each invitee.
ALTER TABLE links ADD COLUMN invitee_id TEXT;
DROP INDEX links_open;
CREATE UNIQUE INDEX links_open ON links (room_id) WHERE state = 'open' AND invitee_id IS NULL;
CREATE UNIQUE INDEX links_invitee ON links (invitee_id) WHERE state = 'open' AND invitee_id IS NOT NULL;
CREATE INDEX links_over ON links (changed_at) WHERE state <> 'open';

-- Callers who are more than a number or an address in digits: names go sooner.
CREATE INDEX calls_named ON calls (ended) WHERE caller GLOB '*[^0-9+.:]*';
CREATE INDEX rooms_owner ON rooms (owner_id);

-- The revision at which each room was changed or removed last, with its PINs,
-- links, times and invitees: who has a copy of an earlier revision reads it again.
-- The triggers below note it, whatever changes a row; the revision itself is
-- raised at the end of each transaction that does. Of accounts there is one such
-- revision for all. Of rooms that are no more the oldest rows go: floor is the
-- last that went, and a copy older than that is made anew.
CREATE TABLE touched (
    id       TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX touched_revision ON touched (revision);
INSERT INTO touched SELECT id, 1 FROM rooms UNION SELECT room_id, 1 FROM links;
ALTER TABLE revision ADD COLUMN users INTEGER NOT NULL DEFAULT 1;
ALTER TABLE revision ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;

-- +goose StatementBegin
CREATE TRIGGER rooms_added AFTER INSERT ON rooms BEGIN
    INSERT INTO touched VALUES (NEW.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rooms_changed AFTER UPDATE ON rooms BEGIN
    INSERT INTO touched VALUES (NEW.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rooms_removed AFTER DELETE ON rooms BEGIN
    INSERT INTO touched VALUES (OLD.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pins_added AFTER INSERT ON pins BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pins_changed AFTER UPDATE ON pins BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER pins_removed AFTER DELETE ON pins BEGIN
    INSERT INTO touched VALUES (OLD.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER links_added AFTER INSERT ON links BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER links_changed AFTER UPDATE ON links BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER links_removed AFTER DELETE ON links BEGIN
    INSERT INTO touched VALUES (OLD.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER meetings_added AFTER INSERT ON meetings BEGIN
    INSERT INTO touched VALUES (NEW.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER meetings_changed AFTER UPDATE OF zone, start, duration, repeat, exceptions, join_early, grace, completed, cancelled ON meetings BEGIN
    INSERT INTO touched VALUES (NEW.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER meetings_removed AFTER DELETE ON meetings BEGIN
    INSERT INTO touched VALUES (OLD.id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invitees_added AFTER INSERT ON invitees BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invitees_changed AFTER UPDATE OF name, pin_hash, pin_sealed ON invitees BEGIN
    INSERT INTO touched VALUES (NEW.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invitees_removed AFTER DELETE ON invitees BEGIN
    INSERT INTO touched VALUES (OLD.room_id, (SELECT rooms + 1 FROM revision)) ON CONFLICT DO UPDATE SET revision = excluded.revision;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
    UPDATE revision SET users = rooms + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_changed AFTER UPDATE ON users BEGIN
    UPDATE revision SET users = rooms + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    UPDATE revision SET users = rooms + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER rooms_owner_changed AFTER UPDATE OF owner_id ON rooms BEGIN
    UPDATE meetings SET owner = coalesce(NEW.owner_id, '') WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- +goose Down
-- What is no permanent room goes: it would stay open for ever.
DROP TRIGGER rooms_owner_changed;
DROP TRIGGER rooms_added;
DROP TRIGGER rooms_changed;
DROP TRIGGER rooms_removed;
DROP TRIGGER pins_added;
DROP TRIGGER pins_changed;
DROP TRIGGER pins_removed;
DROP TRIGGER links_added;
DROP TRIGGER links_changed;
DROP TRIGGER links_removed;
DROP TRIGGER meetings_added;
DROP TRIGGER meetings_changed;
DROP TRIGGER meetings_removed;
DROP TRIGGER invitees_added;
DROP TRIGGER invitees_changed;
DROP TRIGGER invitees_removed;
DROP TRIGGER users_added;
DROP TRIGGER users_changed;
DROP TRIGGER users_removed;
ALTER TABLE revision DROP COLUMN floor;
ALTER TABLE revision DROP COLUMN users;
DROP TABLE touched;
DROP INDEX rooms_owner;
DROP INDEX calls_named;
UPDATE links SET state = 'ended', sealed = NULL WHERE state = 'open' AND room_id IN (SELECT id FROM meetings);
DELETE FROM links WHERE invitee_id IS NOT NULL;
DROP INDEX links_over;
DROP INDEX links_invitee;
DROP INDEX links_open;
ALTER TABLE links DROP COLUMN invitee_id;
CREATE UNIQUE INDEX links_open ON links (room_id) WHERE state = 'open';
DROP TABLE invitees;
DELETE FROM rooms WHERE id IN (SELECT id FROM meetings);
DROP TABLE meetings;
UPDATE revision SET rooms = rooms + 1;

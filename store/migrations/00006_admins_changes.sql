-- +goose Up
-- Who may see and do all on the admin page.
ALTER TABLE users ADD COLUMN admin INTEGER NOT NULL DEFAULT 0;

-- Who changed what. actor is account, cli or system; who is an e-mail address or
-- the name of a user of the system; source is where it came from, '' for this
-- machine. No secret is in here, and nobody's contacts or invited people.
CREATE TABLE changes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL CHECK (actor IN ('account', 'cli', 'system')),
    who     TEXT NOT NULL,
    source  TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    failed  INTEGER NOT NULL
) STRICT;
CREATE INDEX changes_at ON changes (at);

-- Where there is one account only, it is whose gateway this is. Where there are
-- several, nobody becomes an admin by an upgrade: partyline user set says who.
UPDATE users SET admin = 1 WHERE disabled = 0 AND (SELECT count(*) FROM users) = 1;
INSERT INTO changes (at, actor, who, source, action, subject, detail, failed)
    SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000, 'system', '', '', 'change-user', 'account ' || email, 'admin: off → on (the only account, at an upgrade)', 0
    FROM users WHERE admin = 1;
UPDATE revision SET rooms = rooms + 1;

-- +goose Down
DROP TABLE changes;
ALTER TABLE users DROP COLUMN admin;
UPDATE revision SET rooms = rooms + 1;

-- +goose Up
-- Accounts that hosts sign in with. password is a PHC string of argon2id;
-- generation is raised with what ends all earlier sign-ins.
CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    password   TEXT NOT NULL,
    disabled   INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL
) STRICT;

-- Sign-ins, found by a hash of the cookie's token.
CREATE TABLE sessions (
    hash    BLOB PRIMARY KEY,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expires ON sessions (expires);

-- Guest links. hash finds a token, sealed gives that of an open one back.
-- Replaced and ended ones stay for a while, to say so: hence no reference.
CREATE TABLE links (
    hash       BLOB PRIMARY KEY,
    room_id    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'replaced', 'ended')),
    sealed     BLOB,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX links_open ON links (room_id) WHERE state = 'open';
CREATE INDEX links_room ON links (room_id, changed_at);

-- A room without an owner is every account's.
ALTER TABLE rooms ADD COLUMN owner_id TEXT REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE rooms ADD COLUMN names TEXT NOT NULL DEFAULT 'ask';
ALTER TABLE rooms ADD COLUMN guest_invites INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE rooms DROP COLUMN guest_invites;
ALTER TABLE rooms DROP COLUMN names;
ALTER TABLE rooms DROP COLUMN owner_id;
DROP TABLE links;
DROP TABLE sessions;
DROP TABLE users;

-- +goose Up
-- Times are Unix milliseconds.
CREATE TABLE rooms (
    id               TEXT PRIMARY KEY,
    extension        TEXT NOT NULL UNIQUE,
    name             TEXT NOT NULL,
    language         TEXT NOT NULL,
    max_participants INTEGER NOT NULL CHECK (max_participants >= 0),
    lobby            INTEGER NOT NULL,
    wait_for_host    INTEGER NOT NULL,
    mute_on_entry    INTEGER NOT NULL,
    tones            TEXT NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;

-- hash finds a PIN, sealed gives it back to those who may print invitations.
CREATE TABLE pins (
    room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    role    TEXT NOT NULL CHECK (role IN ('guest', 'host')),
    hash    BLOB NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (room_id, role),
    UNIQUE (room_id, hash)
) STRICT;

-- Failed PINs of the last hour, for lock-outs that survive a restart.
CREATE TABLE attempts (
    id     INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    room   TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_at ON attempts (at);

CREATE TABLE calls (
    id        INTEGER PRIMARY KEY,
    call_id   TEXT NOT NULL,
    protocol  TEXT NOT NULL,
    direction TEXT NOT NULL,
    trunk     TEXT NOT NULL,
    caller    TEXT NOT NULL,
    called    TEXT NOT NULL,
    room_id   TEXT NOT NULL,
    role      TEXT NOT NULL,
    codec     TEXT NOT NULL,
    started   INTEGER NOT NULL,
    answered  INTEGER,
    joined    INTEGER,
    ended     INTEGER NOT NULL,
    cause     TEXT NOT NULL,
    loss      REAL NOT NULL,
    jitter_us INTEGER NOT NULL,
    rtt_us    INTEGER NOT NULL,
    mos       REAL NOT NULL,
    bytes_in  INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_ended ON calls (ended);
CREATE INDEX calls_room ON calls (room_id, ended);

-- One counter, raised with each change of a room: readers compare it with that
-- of their copy.
CREATE TABLE revision (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    rooms INTEGER NOT NULL
) STRICT;
INSERT INTO revision (id, rooms) VALUES (1, 1);

-- +goose Down
DROP TABLE revision;
DROP TABLE calls;
DROP TABLE attempts;
DROP TABLE pins;
DROP TABLE rooms;

-- +goose Up
-- Messages to invited people, to be sent once each. The key says what a job is
-- for: a second one with the same key is not taken. name, address and language
-- are the recipient's as they were when the job was made: a cancellation goes out
-- to one who is no longer among the invited. start and not_after are those of a
-- reminder. lease is until when a process that has claimed the job may be busy
-- with it. Times are Unix milliseconds.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    invitee_id TEXT NOT NULL,
    channel    TEXT NOT NULL CHECK (channel IN ('mail', 'sms')),
    kind       TEXT NOT NULL CHECK (kind IN ('invite', 'change', 'cancel', 'reminder')),
    occurrence TEXT NOT NULL,
    start      INTEGER,
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    language   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    not_after  INTEGER,
    tried_at   INTEGER,
    lease      INTEGER,
    done_at    INTEGER,
    error      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_room ON outbox (room_id, id);
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_address ON outbox (address);
-- What still has to go out: by recipient, for the order, and by the times that
-- each is looked for. The queue may be long, and is asked after each message.
CREATE INDEX outbox_open ON outbox (room_id, channel, address, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_due ON outbox (channel, next_at) WHERE state = 'queued';
CREATE INDEX outbox_tried ON outbox (channel, tried_at) WHERE state = 'queued' AND tried_at IS NOT NULL;
CREATE INDEX outbox_sending ON outbox (channel, lease) WHERE state = 'sending';
CREATE INDEX outbox_late ON outbox (not_after) WHERE state IN ('queued', 'sending') AND not_after IS NOT NULL;
CREATE INDEX outbox_cancel ON outbox (id) WHERE state IN ('queued', 'sending') AND kind = 'cancel';

-- +goose Down
DROP TABLE outbox;

-- +goose Up
-- What else a call record says: the protocol's own name of the call and that of the
-- first leg of its conversation, the signalling peer, why in words, the status of the
-- final response, and loss each way.
ALTER TABLE calls ADD COLUMN dialog TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN peer TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN product TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN loss_in REAL NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN loss_out REAL NOT NULL DEFAULT 0;
CREATE INDEX calls_call ON calls (call_id);
CREATE INDEX calls_dialog ON calls (dialog) WHERE dialog <> '';
CREATE INDEX calls_conversation ON calls (conversation) WHERE conversation <> '';

-- +goose Down
DROP INDEX calls_conversation;
DROP INDEX calls_dialog;
DROP INDEX calls_call;
ALTER TABLE calls DROP COLUMN loss_out;
ALTER TABLE calls DROP COLUMN loss_in;
ALTER TABLE calls DROP COLUMN status;
ALTER TABLE calls DROP COLUMN reason;
ALTER TABLE calls DROP COLUMN product;
ALTER TABLE calls DROP COLUMN peer;
ALTER TABLE calls DROP COLUMN conversation;
ALTER TABLE calls DROP COLUMN dialog;

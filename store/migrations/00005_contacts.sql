-- +goose Up
-- The contacts of each account's address book. An account has an e-mail address
-- once; email is as it was entered, email_key in lower case.
CREATE TABLE contacts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    email_key  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    company    TEXT NOT NULL,
    note       TEXT NOT NULL,
    language   TEXT NOT NULL,
    used_at    INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX contacts_owner ON contacts (owner_id);
CREATE UNIQUE INDEX contacts_email ON contacts (email_key, owner_id) WHERE email_key <> '';
CREATE INDEX contacts_phone ON contacts (phone, owner_id) WHERE phone <> '';

-- One counter an address book, raised with each change: readers compare it with
-- that of their copy.
CREATE TABLE address_books (
    owner_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE address_books;
DROP TABLE contacts;

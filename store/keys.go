package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

const keySize = 32

// keys are derived from secret.key: one finds PINs, links and sessions, one seals
// what must be told again.
type keys struct {
	find []byte
	seal cipher.AEAD
}

// openKeys reads secret.key, or makes it where there is no database yet.
func openKeys(dir string, log *slog.Logger) (keys, error) {
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, DatabaseFile)); err == nil {
			return keys{}, fmt.Errorf("store: %s is missing beside %s: the PINs cannot be read without it; restore it from a backup", path, DatabaseFile)
		}
		text, err = makeKey(dir, path)
		if err != nil {
			return keys{}, fmt.Errorf("store: %w", err)
		}
	} else if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("the key to all PINs can be read by others", "file", path, "mode", info.Mode().Perm().String())
	}
	return parseKey(path, text)
}

// readKeys reads the secret.key of a directory.
func readKeys(dir string) (keys, error) {
	path := filepath.Join(dir, KeyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	return parseKey(path, text)
}

func parseKey(path string, text []byte) (keys, error) {
	secret, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(secret) != keySize {
		return keys{}, fmt.Errorf("store: %s is not a key: %d bytes in hexadecimal are wanted", path, keySize)
	}
	return derive(secret)
}

// makeKey writes a new key so that it is whole or absent, whenever the machine
// stops.
func makeKey(dir, path string) ([]byte, error) {
	secret := make([]byte, keySize)
	rand.Read(secret)
	text := []byte(hex.EncodeToString(secret) + "\n")
	f, err := os.CreateTemp(dir, KeyFile+".*") // 0600
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	err = errors.Join(err, give(f, dir), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return nil, err
	}
	if d, err := os.Open(dir); err == nil { // the rename itself; not every system can
		d.Sync()
		d.Close()
	}
	return text, nil
}

func derive(secret []byte) (keys, error) {
	find, err := hkdf.Key(sha256.New, secret, nil, "partyline pin lookup", 32)
	if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	seal, err := hkdf.Key(sha256.New, secret, nil, "partyline pin encryption", 32)
	if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return keys{}, fmt.Errorf("store: %w", err)
	}
	return keys{find, aead}, nil
}

// hash is what a secret of one place is found by: a room's id for its PINs, and
// words that are no id for all else.
func (k keys) hash(place, secret string) []byte {
	m := hmac.New(sha256.New, k.find)
	m.Write([]byte(place))
	m.Write([]byte{'|'}) // ids have none
	m.Write([]byte(secret))
	return m.Sum(nil)
}

func (k keys) hashLink(token string) []byte    { return k.hash("link", token) }
func (k keys) hashSession(token string) []byte { return k.hash("session", token) }

// fingerprint stands for what was entered, so that it need not be kept.
func (k keys) fingerprint(s string) string {
	return hex.EncodeToString(k.hash("entered", s)[:16])
}

// encrypt seals a room's PIN of a role.
func (k keys) encrypt(roomID string, role Role, pin string) []byte {
	return k.sealIn(roomID+"|"+role.String(), pin)
}

func (k keys) decrypt(roomID string, role Role, sealed []byte) (string, error) {
	return k.openIn(roomID+"|"+role.String(), sealed)
}

// encryptLink seals the token of a room's shared link.
func (k keys) encryptLink(roomID, token string) []byte { return k.sealIn(roomID+"|link", token) }

func (k keys) decryptLink(roomID string, sealed []byte) (string, error) {
	return k.openIn(roomID+"|link", sealed)
}

// sealIn seals a PIN or a token for one place, so that rows cannot be exchanged.
func (k keys) sealIn(place, secret string) []byte {
	return k.seal.Seal(nil, nil, []byte(secret), []byte(place))
}

func (k keys) openIn(place string, sealed []byte) (string, error) {
	secret, err := k.seal.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return "", fmt.Errorf("store: the PIN or link of %s cannot be decrypted: is %s that of this database?", place, KeyFile)
	}
	return string(secret), nil
}

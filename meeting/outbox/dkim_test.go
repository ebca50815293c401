package outbox

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestMailIsSigned(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, record, pem string }{
		{"rsa", "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public), string(pkcs8(t, rsaKey))},
		{
			"rsa pkcs1", "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public),
			string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})),
		},
		{"ed25519", "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic), string(pkcs8(t, edKey))},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := NewDKIM("example.org", "meet", []byte(c.pem))
			if err != nil {
				t.Fatal(err)
			}
			s := newMailServer(t, nil)
			m := newMail(t, s, func(c *MailConfig) { c.DKIM = key })
			if err := m.Send(t.Context(), mailTo("a@example.org")); err != nil {
				t.Fatal(err)
			}
			verify := func(body string) error {
				list, err := dkim.VerifyWithOptions(strings.NewReader(body), &dkim.VerifyOptions{
					LookupTXT: func(domain string) ([]string, error) {
						if domain != "meet._domainkey.example.org" {
							t.Errorf("asked for %s", domain)
						}
						return []string{c.record}, nil
					},
				})
				if err != nil || len(list) != 1 {
					t.Fatal(list, err)
				}
				return list[0].Err
			}
			body := s.got()[0].body
			if err := verify(body); err != nil {
				t.Errorf("%v\n%s", err, body)
			}
			for _, forged := range []string{
				strings.Replace(body, "ada@example.net", "eve@example.net", 1), strings.Replace(body, "lang", "kurz", 1),
				"From: eve@example.org\r\n" + body,
			} {
				if verify(forged) == nil {
					t.Error("a forged message passes")
				}
			}
		})
	}
}

func TestDKIMKeys(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "P-256": pkcs8(t, ec),
		"broken": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")}),
		"public": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
	} {
		if _, err := NewDKIM("example.org", "meet", key); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

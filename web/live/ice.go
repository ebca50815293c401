package live

import (
	"crypto/hmac"
	"crypto/sha1" //nolint // what TURN servers compute
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// ICEServer is a STUN or TURN server as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Relay is the STUN and TURN servers of a gateway, and the secret it shares with
// the latter.
type Relay struct {
	URLs   []string
	Secret []byte
}

// relayTime is how long credentials hold. A relay asks for them when an
// allocation is made, and at each refresh of it: a call must not outlive them.
const relayTime = 24 * time.Hour

// Servers are the ICE servers for one browser, with credentials of its own
// (draft-uberti-behave-turn-rest-00): the username says until when they hold, the
// password is the HMAC-SHA1 of it.
func (r Relay) Servers(now time.Time, id string) []ICEServer {
	all := []ICEServer{}
	var relays []string
	for _, u := range r.URLs {
		if strings.HasPrefix(u, "stun") {
			all = append(all, ICEServer{URLs: []string{u}})
		} else {
			relays = append(relays, u)
		}
	}
	if len(relays) > 0 {
		username := strconv.FormatInt(now.Add(relayTime).Unix(), 10) + ":" + id
		mac := hmac.New(sha1.New, r.Secret)
		mac.Write([]byte(username))
		all = append(all, ICEServer{
			URLs: relays, Username: username,
			Credential: base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		})
	}
	return all
}

// Package configs is Partyline's configuration: one YAML file, typed, checked
// and with a default for every key. In goes a file's text; out comes a Config,
// or every mistake in the text at once, each with line, column and what was
// probably meant. Nothing is opened or resolved by Parse: the same text always
// gives the same result. Load reads the tables of prefixes beside it.
//
// Beside the package lies partyline.yaml, an example that names every key.
package configs

import (
	"net/netip"
	"time"

	"github.com/partyline/partyline/dialplan"
)

// Config is the whole configuration.
type Config struct {
	Version   int       `yaml:"version" min:"1" max:"1"`
	Server    Server    `yaml:"server"`
	Web       Web       `yaml:"web"`
	SIP       SIP       `yaml:"sip"`
	H323      H323      `yaml:"h323"`
	WebRTC    WebRTC    `yaml:"webrtc"`
	Media     Media     `yaml:"media"`
	Trunks    []Trunk   `yaml:"trunks"`
	Numbers   []Number  `yaml:"numbers"`
	Dialplan  Dialplan  `yaml:"dialplan"`
	Reception Reception `yaml:"reception"`
	Rooms     Rooms     `yaml:"rooms"`
	Meetings  Meetings  `yaml:"meetings"`
	Mail      Mail      `yaml:"mail"`
	SMS       SMS       `yaml:"sms"`
	Privacy   Privacy   `yaml:"privacy"`
	Limits    Limits    `yaml:"limits"`
	Telemetry Telemetry `yaml:"telemetry"`

	// File is the file the configuration was read from, empty for the defaults.
	File string `yaml:"-"`
	// set holds the paths of the keys that the file gives, such as "sip.listen".
	set map[string]bool
	// marks are where values stand and lines what was written there, for
	// explanations and for what is found wrong later.
	marks map[string]mark
	lines []string
	// tables are the prefix tables that rules name, by the file's name as
	// resolved; Load fills them in.
	tables map[string]*dialplan.Prefixes
}

// Given says whether the file itself gives a key, such as "sip.listen".
func (c *Config) Given(path string) bool { return c.set[path] }

// Server is the gateway as a whole.
type Server struct {
	Domain        string        `yaml:"domain" check:"host"`
	PublicIP      []netip.Addr  `yaml:"public_ip"`
	BackupGateway string        `yaml:"backup_gateway" check:"host"`
	DataDir       string        `yaml:"data_dir" check:"path"`
	DrainTime     time.Duration `yaml:"drain_time" min:"0s" max:"24h"`
	// DNS are the name servers that are asked for trunks; empty: the system's.
	DNS []string `yaml:"dns" check:"resolver"`
}

// Web is the page and its API.
type Web struct {
	Listen    Listener       `yaml:"listen" schemes:"http,https"`
	Redirect  Listener       `yaml:"redirect" schemes:"http"` // leads to HTTPS
	URL       string         `yaml:"url" check:"url"`
	Proxies   []netip.Prefix `yaml:"proxies"`
	TLS       WebTLS         `yaml:"tls"`
	Languages []string       `yaml:"languages" enum:"en,de,fr,it,es"`
}

// WebTLS says where the page's certificate comes from.
type WebTLS struct {
	ACME     ACME   `yaml:"acme"`
	CertFile string `yaml:"cert_file" check:"path"`
	KeyFile  string `yaml:"key_file" check:"path"`
}

// ACME asks an ACME authority (RFC 8555) for certificates.
type ACME struct {
	Email     string `yaml:"email" check:"email"`
	Directory string `yaml:"directory" check:"url"`
}

// SIP is the SIP side.
type SIP struct {
	Listen         []Listener    `yaml:"listen" schemes:"udp,tcp,tls"`
	RTPPorts       PortRange     `yaml:"rtp_ports"`
	RTPBind        []netip.Addr  `yaml:"rtp_bind"`
	TLS            SIPTLS        `yaml:"tls"`
	SRTP           string        `yaml:"srtp" enum:"off,preferred,required"`
	Codecs         []string      `yaml:"codecs" enum:"opus,g722,pcma,pcmu"`
	SessionExpires time.Duration `yaml:"session_expires" min:"90s" max:"24h"`
}

// SIPTLS is the certificate of the TLS listeners.
type SIPTLS struct {
	CertFile   string `yaml:"cert_file" check:"path"`
	KeyFile    string `yaml:"key_file" check:"path"`
	MinVersion string `yaml:"min_version" enum:"1.2,1.3"`
}

// H323 is the H.323 side.
type H323 struct {
	Listen     Listener   `yaml:"listen" schemes:"tcp"`
	H245Ports  PortRange  `yaml:"h245_ports"`
	RASListen  Listener   `yaml:"ras_listen" schemes:"udp"`
	Encryption string     `yaml:"encryption" enum:"off,preferred,required"`
	Gatekeeper Gatekeeper `yaml:"gatekeeper"`
}

// Gatekeeper is whom we register with, and as what.
type Gatekeeper struct {
	Mode       string   `yaml:"mode" enum:"none,discover,address"`
	Address    string   `yaml:"address" check:"hostport"`
	Identifier string   `yaml:"identifier"`
	Aliases    []string `yaml:"aliases" check:"alias"`
	Traversal  bool     `yaml:"traversal"`
}

// WebRTC is the browsers' media.
type WebRTC struct {
	Listen []Listener `yaml:"listen" schemes:"udp,tcp"`
	TURN   TURN       `yaml:"turn"`
}

// TURN is a relay whose time-limited credentials browsers are given.
type TURN struct {
	URLs       []string `yaml:"urls" check:"turn"`
	SecretFile string   `yaml:"secret_file" check:"path"`
}

// Media is the mixing of sound.
type Media struct {
	Engines   int  `yaml:"engines" min:"0" max:"256"`
	Loudest   int  `yaml:"loudest" min:"1" max:"64"`
	Levelling bool `yaml:"levelling"`
}

// Reception is what callers hear and key before the room, and in it.
type Reception struct {
	Attempts        int           `yaml:"attempts" min:"1" max:"10"`
	DigitTimeout    time.Duration `yaml:"digit_timeout" min:"1s" max:"30s"`
	ExtensionLength int           `yaml:"extension_length" min:"2" max:"15"`
	Language        string        `yaml:"language" enum:"en,de,fr,it,es"`
	TestExtension   string        `yaml:"test_extension" check:"extension"`
	PromptsDir      string        `yaml:"prompts_dir" check:"path"`
	Keys            Keys          `yaml:"keys"`
}

// Keys are what callers press in the room.
type Keys struct {
	Mute       string `yaml:"mute" check:"keys"`
	Hand       string `yaml:"hand" check:"keys"`
	Count      string `yaml:"count" check:"keys"`
	Help       string `yaml:"help" check:"keys"`
	VolumeUp   string `yaml:"volume_up" check:"keys"`
	VolumeDown string `yaml:"volume_down" check:"keys"`
	MuteAll    string `yaml:"mute_all" check:"keys"`
	Lock       string `yaml:"lock" check:"keys"`
	AdmitOne   string `yaml:"admit_one" check:"keys"`
	Admit      string `yaml:"admit" check:"keys"`
	End        string `yaml:"end" check:"keys"`
}

// Rooms is what new rooms are like.
type Rooms struct {
	Defaults RoomDefaults `yaml:"defaults"`
}

// RoomDefaults are the settings of a room that doesn't say otherwise.
type RoomDefaults struct {
	Lobby           bool          `yaml:"lobby"`
	WaitForHost     bool          `yaml:"wait_for_host"`
	MuteOnEntry     bool          `yaml:"mute_on_entry"`
	Tones           string        `yaml:"tones" enum:"tone,name,off"`
	PIN             string        `yaml:"pin" enum:"required,optional"`
	MaxParticipants int           `yaml:"max_participants" min:"2" max:"100000"`
	JoinEarly       time.Duration `yaml:"join_early" min:"0s" max:"168h"`
	LinkGrace       time.Duration `yaml:"link_grace" min:"0s" max:"8760h"`
}

// Meetings is what new meetings are like, beside what holds for all rooms.
type Meetings struct {
	Reminders []time.Duration `yaml:"reminders" min:"5m" max:"336h"`
}

// Mail is how invitations are sent.
type Mail struct {
	SMTP         Listener `yaml:"smtp" schemes:"submission,submissions,smtp,smtps"`
	From         string   `yaml:"from" check:"email"`
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"password_file" check:"path"`
	DKIM         DKIM     `yaml:"dkim"`
}

// DKIM signs mail (RFC 6376); without a domain it is off.
type DKIM struct {
	Domain   string `yaml:"domain" check:"host"`
	Selector string `yaml:"selector" check:"host"`
	KeyFile  string `yaml:"key_file" check:"path"`
}

// SMS is how short messages are sent: by one of the two, or not at all.
type SMS struct {
	Country string  `yaml:"country" check:"country"`
	Webhook Webhook `yaml:"webhook"`
	Kannel  Kannel  `yaml:"kannel"`
}

// Off says that no short messages are sent.
func (s SMS) Off() bool { return s.Webhook.URL == "" && s.Kannel.URL == "" }

// Webhook is a signed HTTP request.
type Webhook struct {
	URL        string `yaml:"url" check:"url"`
	Template   string `yaml:"template" check:"path"`
	SecretFile string `yaml:"secret_file" check:"path"`
}

// Kannel is the HTTP interface of a Kannel-compatible SMS gateway.
type Kannel struct {
	URL          string `yaml:"url" check:"url"`
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file" check:"path"`
	From         string `yaml:"from" check:"sender"`
}

// Privacy says for how long is kept who called; 0 is for ever.
type Privacy struct {
	CallRecords time.Duration `yaml:"call_records" min:"0s" max:"876000h"`
	GuestNames  time.Duration `yaml:"guest_names" min:"0s" max:"876000h"`
	Changes     time.Duration `yaml:"changes" min:"0s" max:"876000h"`
}

// Limits protect an open gateway; 0 is off. Trunks have their own instead.
type Limits struct {
	Calls                     int  `yaml:"calls" min:"0" max:"1000000"`
	CallsPerSource            int  `yaml:"calls_per_source" min:"0" max:"1000000"`
	InvitesPerSecondPerSource int  `yaml:"invites_per_second_per_source" min:"0" max:"1000000"`
	Lockout                   bool `yaml:"lockout"`
	AnonymousInbound          bool `yaml:"anonymous_inbound"`

	Outbound OutboundLimits `yaml:"outbound"`
}

// OutboundLimits bound what calls out to telephone numbers may cost; 0 is off.
type OutboundLimits struct {
	Calls                int           `yaml:"calls" min:"0" max:"100000"`            // at a time
	PerHostPerHour       int           `yaml:"per_host_per_hour" min:"0" max:"10000"` // begun by one host
	CallsToNumberPerHour int           `yaml:"calls_to_number_per_hour" min:"0" max:"10000"`
	NumberLength         int           `yaml:"number_length" min:"3" max:"32"` // digits
	Countries            []string      `yaml:"countries" check:"country"`      // empty: all that rules allow
	Premium              bool          `yaml:"premium"`                        // numbers that cost the caller more
	Duration             time.Duration `yaml:"duration" min:"0s" max:"168h"`
}

// Telemetry is what the gateway tells about itself.
type Telemetry struct {
	Metrics Listener `yaml:"metrics" schemes:"http"`
	HEP     HEP      `yaml:"hep"`
	Tracing Tracing  `yaml:"tracing"`
	Trace   Trace    `yaml:"trace"`
	Log     Log      `yaml:"log"`
}

// HEP copies the signalling to a Homer server (HEP3).
type HEP struct {
	To           Listener `yaml:"to" schemes:"udp,tcp"`
	ID           int      `yaml:"id" min:"0" max:"4294967295"`
	PasswordFile string   `yaml:"password_file" check:"path"`
	RTCP         bool     `yaml:"rtcp"`
	Logs         bool     `yaml:"logs"`
}

// Tracing sends a trace of each call to an OpenTelemetry collector (OTLP over
// HTTP); without an endpoint it is off.
type Tracing struct {
	Endpoint string  `yaml:"endpoint" check:"url"`
	Sample   float64 `yaml:"sample" min:"0" max:"1"`
}

// Trace is how many of the last calls' messages are kept for `partyline trace`;
// 0 calls is off.
type Trace struct {
	Calls    int `yaml:"calls" min:"0" max:"100000"`
	Messages int `yaml:"messages" min:"10" max:"10000"` // of a call
}

// Log is the log on standard error.
type Log struct {
	Level  string `yaml:"level" enum:"debug,info,warn,error"`
	Format string `yaml:"format" enum:"text,json"`
}

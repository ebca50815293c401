package api

import "time"

// GatewayStatus is how the gateway is.
type GatewayStatus struct {
	Version       string        `json:"version"`
	StartedAt     time.Time     `json:"started_at"`
	UptimeSeconds int64         `json:"uptime_s"`
	Ready         bool          `json:"ready" doc:"Whether new calls are taken."`
	Draining      bool          `json:"draining" doc:"It is shutting down."`
	Strain        float64       `json:"strain" doc:"What decides on new calls, 0 to 1: from 0.85 on they are refused."`
	Calls         int           `json:"calls"`
	Rooms         int           `json:"rooms" doc:"Rooms that somebody is in."`
	ConfigFile    string        `json:"config_file,omitempty" doc:"Left out: the defaults hold."`
	Listeners     []Listener    `json:"listeners"`
	Gatekeeper    *Gatekeeper   `json:"gatekeeper,omitempty" doc:"Left out: none is configured."`
	Certificates  []Certificate `json:"certificates"`
	Database      Database      `json:"database"`
	OutboxWaiting int           `json:"outbox_waiting" doc:"Mail and SMS that still have to go out."`
}

// Listener is an address that is listened on.
type Listener struct {
	Protocol string `json:"protocol" enum:"sip,h323,ras,web,webrtc,metrics"`
	Address  string `json:"address" doc:"As udp://127.0.0.1:5060."`
}

// Gatekeeper is how things stand with the H.323 gatekeeper.
type Gatekeeper struct {
	Registered bool      `json:"registered"`
	Phase      string    `json:"phase"`
	Since      time.Time `json:"since"`
	Address    string    `json:"address,omitempty"`
	Error      string    `json:"error,omitempty" doc:"The last, whenever it was."`
}

// Certificate is one that listeners show.
type Certificate struct {
	Use       string    `json:"use" enum:"sip,web"`
	Names     []string  `json:"names"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Database is how the gateway's database does.
type Database struct {
	Fault   string `json:"fault,omitempty" doc:"Why it cannot be read or written; left out: it can."`
	Waiting int    `json:"waiting" doc:"Records that wait to be written."`
	Dropped uint64 `json:"dropped" doc:"Records that were lost because too many waited."`
}

// TrunkStatus is a trunk with its state.
type TrunkStatus struct {
	Name          string         `json:"name"`
	State         string         `json:"state" enum:"up,partly,down,unknown" doc:"Of its peers and registrations together; unknown: nobody asks."`
	CallsIn       int            `json:"calls_in"`
	CallsOut      int            `json:"calls_out"`
	MaxCalls      int            `json:"max_calls" doc:"0: no limit."`
	Failures      uint64         `json:"failures" doc:"Calls out that failed since the start for its sake."`
	Peers         []TrunkPeer    `json:"peers"`
	Registrations []Registration `json:"registrations"`
}

// TrunkPeer is one address of a trunk.
type TrunkPeer struct {
	URI        string    `json:"uri"`
	Address    string    `json:"address,omitempty" doc:"What the URI leads to, once it was looked up."`
	State      string    `json:"state" enum:"up,down,unknown"`
	Since      time.Time `json:"since,omitzero"`
	RTTMS      float64   `json:"rtt_ms,omitempty"`
	LastStatus int       `json:"last_status,omitempty" doc:"Of the last answer."`
	LastError  string    `json:"last_error,omitempty"`
}

// Registration is one of ours with a carrier.
type Registration struct {
	Registrar string    `json:"registrar"`
	State     string    `json:"state"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Since     time.Time `json:"since,omitzero"`
	LastError string    `json:"last_error,omitempty"`
}

// NumberStatus is a telephone number and where it leads.
type NumberStatus struct {
	Number   string `json:"number"`
	Trunk    string `json:"trunk,omitempty"`
	Label    string `json:"label,omitempty"`
	Language string `json:"language,omitempty"`
	To       string `json:"to" doc:"In words: reception, test, or the room's extension."`
	Room     string `json:"room,omitempty" doc:"The room's name; of a room that there is not, left out."`
	Missing  bool   `json:"missing,omitempty" doc:"It leads to a room that there is not."`
}

// LiveCall is a call as admins see it: nothing is masked.
type LiveCall struct {
	ID         string    `json:"id"`
	Protocol   string    `json:"protocol" enum:"sip,h323,webrtc"`
	Direction  string    `json:"direction" enum:"in,out"`
	Remote     string    `json:"remote" doc:"The address of the signalling."`
	Name       string    `json:"name,omitempty"`
	Number     string    `json:"number,omitempty"`
	Trunk      string    `json:"trunk,omitempty"`
	Called     string    `json:"called,omitempty" doc:"Without a PIN."`
	Room       string    `json:"room,omitempty" doc:"The extension; left out before a room."`
	Role       string    `json:"role,omitempty" enum:"guest,host"`
	State      string    `json:"state" enum:"reception,lobby,room,held"`
	Codec      string    `json:"codec,omitempty"`
	Product    string    `json:"product,omitempty"`
	CallID     string    `json:"call_id,omitempty" doc:"The protocol's own."`
	Encrypted  bool      `json:"encrypted"`
	Muted      bool      `json:"muted"`
	StartedAt  time.Time `json:"started_at"`
	Seconds    float64   `json:"duration_s"`
	LossIn     float64   `json:"loss_in" doc:"0 to 1."`
	LossOut    float64   `json:"loss_out" doc:"0 to 1, as the party reports."`
	JitterMS   float64   `json:"jitter_ms"`
	RTTMS      float64   `json:"rtt_ms" doc:"0: not known."`
	PlayoutMS  float64   `json:"playout_ms"`
	MOS        float64   `json:"mos" doc:"Estimated, 1 to 4.5; 0: nothing heard yet."`
	PacketsIn  uint64    `json:"packets_in"`
	PacketsOut uint64    `json:"packets_out"`
}

// RoomStatus is a room or a meeting with how full it is.
type RoomStatus struct {
	ID              string `json:"id"`
	Extension       string `json:"extension"`
	Name            string `json:"name"`
	Owner           string `json:"owner,omitempty" doc:"The account's e-mail address; left out: every host's."`
	Meeting         bool   `json:"meeting" doc:"It has times; else it is a permanent room."`
	MaxParticipants int    `json:"max_participants" doc:"0: no limit."`
	Lobby           bool   `json:"lobby"`
	Count           int    `json:"count" doc:"Parties in the room and its lobby now."`
	Waiting         int    `json:"waiting" doc:"Of them, in the lobby."`
	Hosts           int    `json:"hosts"`
	Locked          bool   `json:"locked"`
}

// CallFailure is a call that was refused or failed.
type CallFailure struct {
	At        time.Time `json:"at" doc:"Of the last, if it failed several times alike."`
	Count     int       `json:"count" doc:"How often the same failed for the same reason."`
	FirstAt   time.Time `json:"first_at"`
	ID        string    `json:"id,omitempty" doc:"The call's id, by which its ladder is asked for; left out: there is none."`
	Protocol  string    `json:"protocol"`
	Direction string    `json:"direction" enum:"in,out"`
	Caller    string    `json:"caller,omitempty" doc:"Masked."`
	Called    string    `json:"called,omitempty" doc:"Without a PIN."`
	Peer      string    `json:"peer,omitempty" doc:"The other end's address."`
	Trunk     string    `json:"trunk,omitempty"`
	Cause     string    `json:"cause" doc:"The word of call records: unroutable, forbidden, busy and so on."`
	Status    int       `json:"status,omitempty" doc:"The status of SIP, or the cause of Q.850."`
	Reason    string    `json:"reason" doc:"Why, in words."`
}

// Configuration is the configuration as loaded. Secrets are files, whose names it
// tells; passwords are never in it.
type Configuration struct {
	File     string    `json:"file,omitempty" doc:"Left out: the defaults hold."`
	LoadedAt time.Time `json:"loaded_at"`
	Settings []Setting `json:"settings"`
	Restart  []string  `json:"restart" doc:"Keys whose change waits for a restart."`
}

// Setting is one key of the configuration.
type Setting struct {
	Key   string `json:"key" doc:"As sip.listen or trunks[carrier-a].peers."`
	Value string `json:"value" doc:"As text; empty: nothing."`
	Given bool   `json:"given" doc:"The file gives it; else it is the default."`
}

// ReloadReport is what a reload of the configuration did.
type ReloadReport struct {
	Applied []string `json:"applied" doc:"Keys that changed and are in force."`
	Restart []string `json:"restart" doc:"Keys that changed and need a restart."`
}

// ConfigMistake is a mistake that keeps a configuration from being loaded.
type ConfigMistake struct{ At, Message string }

// ConfigMistakes is the error of a reload that changed nothing.
type ConfigMistakes []ConfigMistake

func (m ConfigMistakes) Error() string {
	if len(m) == 0 {
		return "the configuration is wrong"
	}
	return m[0].At + ": " + m[0].Message
}

// Recorded is an entry in the record of who changed what.
type Recorded struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	By      string    `json:"by" enum:"account,cli,system" doc:"cli: the command line; system: the gateway itself."`
	Who     string    `json:"who" doc:"The account's e-mail address, or the name of the system's user; empty: not known."`
	From    string    `json:"from,omitempty" doc:"The address it was asked from; left out: this machine."`
	Action  string    `json:"action" doc:"A word such as change-room."`
	Subject string    `json:"subject" doc:"What was changed, as room 112752642 (Board)."`
	Detail  string    `json:"detail,omitempty" doc:"What was before and is now, in words, without secrets."`
	Failed  bool      `json:"failed,omitempty" doc:"It was refused."`
}

package main

import _ "embed"

// rosModule is our own writing of what H.450.1 imports from X.880.
//
//go:embed asn1/ros.asn
var rosModule string

// source says where a module comes from and where its types go.
type source struct {
	file   string // in the folder of modules; "" for rosModule
	module string // its ASN.1 name
	title  string // the Recommendation and its version, for the files' headers
	short  string // the Recommendation, for docstrings
	pkg    string // the Go package, a folder beside per
	groups []group
}

// group is a part of a module that becomes a file: it begins with the type
// named first and ends where the next begins.
type group struct{ first, file string }

// sources lists all modules, each after those it imports.
var sources = []source{
	{"h235.asn", "H235-SECURITY-MESSAGES", "ITU-T H.235 version 4", "H.235", "h235", []group{
		{"ChallengeString", "security"},
	}},
	{"h245.asn", "MULTIMEDIA-SYSTEM-CONTROL", "ITU-T H.245 version 17", "H.245", "h245", []group{
		{"MultimediaSystemControlMessage", "messages"},
		{"MasterSlaveDetermination", "determination"},
		{"TerminalCapabilitySet", "capability"},
		{"MultiplexCapability", "multiplexcapability"},
		{"RSVPParameters", "transportcapability"},
		{"VideoCapability", "video"},
		{"AudioCapability", "audio"},
		{"DataApplicationCapability", "data"},
		{"EncryptionAuthenticationAndIntegrity", "othercapability"},
		{"OpenLogicalChannel", "openchannel"},
		{"H222LogicalChannelParameters", "h223channel"},
		{"H2250LogicalChannelParameters", "h2250channel"},
		{"TransportAddress", "transport"},
		{"OpenLogicalChannelAck", "closechannel"},
		{"MultiplexEntrySend", "multiplex"},
		{"RequestMode", "mode"},
		{"VideoMode", "mediamode"},
		{"RoundTripDelayRequest", "roundtrip"},
		{"CommunicationModeCommand", "conference"},
		{"MultilinkRequest", "multilink"},
		{"SendTerminalCapabilitySet", "command"},
		{"FunctionNotUnderstood", "indication"},
	}},
	{"h225.asn", "H323-MESSAGES", "ITU-T H.225.0 version 8", "H.225.0", "h225", []group{
		{"H323-UserInformation", "callsignalling"},
		{"TransportAddress", "elements"},
		{"AliasAddress", "address"},
		{"SecurityServiceMode", "security"},
		{"QseriesOptions", "identifiers"},
		{"EncryptIntAlg", "tokens"},
		{"DataRate", "capacity"},
		{"GenericData", "generic"},
		{"RasMessage", "ras"},
		{"RegistrationRequest", "registration"},
		{"AdmissionRequest", "admission"},
		{"BandwidthRequest", "bandwidth"},
		{"DisengageRequest", "disengage"},
		{"InfoRequest", "information"},
	}},
	{"", "Remote-Operations-Apdus", "ITU-T H.450.1 §8.3 (after X.880)", "X.880 as in H.450.1", "h450", []group{
		{"ROS", "ros"},
	}},
	{"h4501.asn", "H4501-Supplementary-ServiceAPDU-Structure", "ITU-T H.450.1", "H.450.1", "h450", []group{
		{"SupplementaryService", "service"},
	}},
	{"h46018.asn", "SIGNALLING-TRAVERSAL", "ITU-T H.460.18", "H.460.18", "h460", []group{
		{"IncomingCallIndication", "signalling"},
	}},
	{"h46019.asn", "MEDIA-TRAVERSAL", "ITU-T H.460.19", "H.460.19", "h460", []group{
		{"TraversalParameters", "media"},
	}},
}

// renamed are modules that others import under another name.
var renamed = map[string]string{
	"H225": "H323-MESSAGES",
	"X880": "Remote-Operations-Apdus",
}

// moved are symbols that a module imports from where they are not: H.460.19
// names H.245 for both of its imports, but TimeToLive is H.225.0's.
var moved = map[string]string{
	"MULTIMEDIA-SYSTEM-CONTROL.TimeToLive": "H323-MESSAGES",
}

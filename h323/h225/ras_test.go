package h225_test

import (
	"net/netip"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/per"
)

func ptr[T any](v T) *T { return &v }

// rasMessages are RAS messages as an endpoint and its gatekeeper exchange them;
// the recorded calls have none.
func rasMessages() []*h225.RasMessage {
	signal := *h225.TransportAddressOf(netip.MustParseAddrPort("192.0.2.10:1720"))
	ras := *h225.TransportAddressOf(netip.MustParseAddrPort("[2001:db8::10]:1719"))
	vendor := h225.NewVendorIdentifier(h225.H221NonStandard{T35CountryCode: 181, ManufacturerCode: 21}, "Partyline", "1.0")
	endpoint := h225.EndpointType{Vendor: vendor, Mcu: &h225.McuInfo{}, Mc: true}
	call := h225.CallIdentifier{Guid: make([]byte, 16)}
	aliases := []h225.AliasAddress{h225.AliasDigits("600"), h225.AliasH323ID("räume"), h225.AliasURL("h323:600@example.org")}
	token := h225.CryptoH323Token{CryptoEPPwdHash: &h225.CryptoH323TokenCryptoEPPwdHash{
		Alias: aliases[1], TimeStamp: 1700000000,
		Token: h235.HASHED{AlgorithmOID: "1.2.840.113549.2.5", Hash: per.BitString{Bytes: make([]byte, 16), Bits: 128}},
	}}
	feature := h225.GenericData{Id: h225.GenericIdentifier{Standard: ptr(int64(18))}}
	return []*h225.RasMessage{
		{GatekeeperRequest: &h225.GatekeeperRequest{
			RequestSeqNum: 1, ProtocolIdentifier: h225.Protocol, RasAddress: ras, EndpointType: endpoint,
			EndpointAlias: aliases, SupportsAltGK: &per.Null{},
			FeatureSet: &h225.FeatureSet{SupportedFeatures: []h225.FeatureDescriptor{feature}},
		}},
		{GatekeeperConfirm: &h225.GatekeeperConfirm{
			RequestSeqNum: 1, ProtocolIdentifier: h225.Protocol, GatekeeperIdentifier: ptr("gk"), RasAddress: signal,
		}},
		{RegistrationRequest: &h225.RegistrationRequest{
			RequestSeqNum: 65535, ProtocolIdentifier: h225.Protocol, CallSignalAddress: []h225.TransportAddress{signal},
			RasAddress: []h225.TransportAddress{ras}, TerminalType: endpoint, TerminalAlias: aliases,
			EndpointVendor: *vendor, TimeToLive: ptr(int64(300)), KeepAlive: ptr(false), WillSupplyUUIEs: ptr(false),
			MaintainConnection: ptr(true), CryptoTokens: []h225.CryptoH323Token{token},
		}},
		{RegistrationConfirm: &h225.RegistrationConfirm{
			RequestSeqNum: 65535, ProtocolIdentifier: h225.Protocol, CallSignalAddress: []h225.TransportAddress{signal},
			EndpointIdentifier: "0815_gk", WillRespondToIRR: ptr(false), MaintainConnection: ptr(true),
			AlternateGatekeeper: []h225.AlternateGK{{RasAddress: ras, NeedToRegister: true, Priority: 1}},
			PreGrantedARQ:       &h225.RegistrationConfirmPreGrantedARQ{MakeCall: true},
		}},
		{RegistrationReject: &h225.RegistrationReject{
			RequestSeqNum: 2, ProtocolIdentifier: h225.Protocol,
			RejectReason: h225.RegistrationRejectReason{DuplicateAlias: aliases[:1]},
		}},
		{AdmissionRequest: &h225.AdmissionRequest{
			RequestSeqNum: 3, CallType: h225.CallType{PointToPoint: &per.Null{}}, EndpointIdentifier: "0815_gk",
			DestinationInfo: aliases, SrcInfo: aliases[:1], BandWidth: 1280, CallReferenceValue: 32767,
			ConferenceID: make([]byte, 16), CallIdentifier: &call, CanMapAlias: ptr(true), WillSupplyUUIEs: ptr(false),
		}},
		{AdmissionConfirm: &h225.AdmissionConfirm{
			RequestSeqNum: 3, BandWidth: 4294967295, CallModel: h225.CallModel{Direct: &per.Null{}},
			DestCallSignalAddress: signal, IrrFrequency: ptr(120),
		}},
		{AdmissionReject: &h225.AdmissionReject{
			RequestSeqNum: 3, RejectReason: h225.AdmissionRejectReason{CallerNotRegistered: &per.Null{}},
		}},
		{DisengageRequest: &h225.DisengageRequest{
			RequestSeqNum: 4, EndpointIdentifier: "0815_gk", ConferenceID: make([]byte, 16), CallReferenceValue: 1,
			DisengageReason: h225.DisengageReason{NormalDrop: &per.Null{}}, CallIdentifier: &call, AnsweredCall: ptr(true),
		}},
		{InfoRequestResponse: &h225.InfoRequestResponse{
			RequestSeqNum: 5, EndpointType: endpoint, EndpointIdentifier: "0815_gk", RasAddress: ras,
			CallSignalAddress: []h225.TransportAddress{signal}, NeedResponse: ptr(false),
			PerCallInfo: []h225.InfoRequestResponsePerCallInfo{{
				CallReferenceValue: 1, ConferenceID: make([]byte, 16), CallType: h225.CallType{PointToPoint: &per.Null{}},
				CallModel: h225.CallModel{GatekeeperRouted: &per.Null{}}, BandWidth: 1280, CallIdentifier: &call,
			}},
		}},
		{ServiceControlIndication: &h225.ServiceControlIndication{RequestSeqNum: 6, GenericData: []h225.GenericData{feature}}},
	}
}

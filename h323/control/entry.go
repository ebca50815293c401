package control

import (
	"fmt"

	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// entryOf reads one capability (H.245 §7.2.2). Those that only say what the peer
// sends are of no use here.
func entryOf(c *h245.Capability) entry {
	switch {
	case c.ReceiveAudioCapability != nil:
		return audioEntry(c.ReceiveAudioCapability, false)
	case c.ReceiveAndTransmitAudioCapability != nil:
		return audioEntry(c.ReceiveAndTransmitAudioCapability, true)
	case c.ReceiveVideoCapability != nil:
		return entry{video: true, name: videoName(c.ReceiveVideoCapability)}
	case c.ReceiveAndTransmitVideoCapability != nil:
		return entry{video: true, name: videoName(c.ReceiveAndTransmitVideoCapability)}
	case c.ReceiveDataApplicationCapability != nil:
		return entry{data: true, name: dataName(c.ReceiveDataApplicationCapability)}
	case c.ReceiveAndTransmitDataApplicationCapability != nil:
		return entry{data: true, name: dataName(c.ReceiveAndTransmitDataApplicationCapability)}
	case c.ReceiveUserInputCapability != nil:
		return entry{input: inputForm(c.ReceiveUserInputCapability)}
	case c.ReceiveAndTransmitUserInputCapability != nil:
		return entry{input: inputForm(c.ReceiveAndTransmitUserInputCapability)}
	case c.ReceiveRTPAudioTelephonyEventCapability != nil:
		return entry{events: uint8(c.ReceiveRTPAudioTelephonyEventCapability.DynamicRTPPayloadType)}
	case c.H235SecurityCapability != nil:
		return entry{encrypted: c.H235SecurityCapability.MediaCapability}
	case c.GenericControlCapability != nil:
		return entry{name: genericName(&c.GenericControlCapability.CapabilityIdentifier)}
	case c.NonStandard != nil:
		return entry{name: nonStandardName(&c.NonStandard.NonStandardIdentifier)}
	}
	return entry{}
}

func audioEntry(a *h245.AudioCapability, symmetric bool) entry {
	if f := formatOf(a); f.Codec != NoCodec {
		return entry{format: f, symmetric: symmetric}
	}
	return entry{name: audioName(a)}
}

func inputForm(u *h245.UserInputCapability) InputForms {
	switch {
	case u.BasicString != nil:
		return InputBasicString
	case u.IA5String != nil:
		return InputIA5String
	case u.GeneralString != nil:
		return InputGeneralString
	case u.Dtmf != nil:
		return InputSignal
	case u.Hookflash != nil:
		return InputHookFlash
	case u.ExtendedAlphanumeric != nil:
		return InputExtended
	}
	return 0
}

func audioName(a *h245.AudioCapability) string {
	switch {
	case a.GenericAudioCapability != nil:
		return genericName(&a.GenericAudioCapability.CapabilityIdentifier)
	case a.NonStandard != nil:
		return nonStandardName(&a.NonStandard.NonStandardIdentifier)
	case a.G7231 != nil, a.G7231AnnexCCapability != nil:
		return "G.723.1"
	case a.G728 != nil:
		return "G.728"
	case a.G729 != nil, a.G729AnnexA != nil, a.G729wAnnexB != nil, a.G729AnnexAwAnnexB != nil, a.G729Extensions != nil:
		return "G.729"
	case a.GsmFullRate != nil, a.GsmHalfRate != nil, a.GsmEnhancedFullRate != nil:
		return "GSM"
	case a.G72256k != nil, a.G72248k != nil:
		return "G.722 below 64 kbit/s"
	}
	return "other sound"
}

func videoName(v *h245.VideoCapability) string {
	switch {
	case v.H261VideoCapability != nil:
		return "H.261"
	case v.H263VideoCapability != nil:
		return "H.263"
	case v.GenericVideoCapability != nil:
		return genericName(&v.GenericVideoCapability.CapabilityIdentifier)
	case v.ExtendedVideoCapability != nil:
		return "H.239 video"
	case v.NonStandard != nil:
		return nonStandardName(&v.NonStandard.NonStandardIdentifier)
	}
	return "other video"
}

func dataName(d *h245.DataApplicationCapability) string {
	switch a := &d.Application; {
	case a.T120 != nil:
		return "T.120"
	case a.H224 != nil:
		return "H.224"
	case a.T38fax != nil:
		return "T.38"
	case a.GenericDataCapability != nil:
		return genericName(&a.GenericDataCapability.CapabilityIdentifier)
	case a.NonStandard != nil:
		return nonStandardName(&a.NonStandard.NonStandardIdentifier)
	}
	return "other data"
}

// genericNames are the generic capabilities that room systems list.
var genericNames = map[per.OID]string{
	"0.0.7.7221.1.0":   "G.722.1",
	"0.0.7.7221.1.1.0": "G.722.1 Annex C",
	"0.0.8.241.0.0.1":  "H.264",
	"0.0.8.239.1.1":    "H.239",
	"0.0.8.239.1.2":    "H.239 video",
	"0.0.8.224.1.0":    "H.224",
	"0.0.8.245.1.1.0":  "AAC",
	"0.0.8.245.1.1.11": "iLBC",
}

func genericName(id *h245.CapabilityIdentifier) string {
	switch {
	case id.Standard != nil:
		if name, ok := genericNames[*id.Standard]; ok {
			return name
		}
		return short(string(*id.Standard))
	case id.H221NonStandard != nil:
		return nonStandardName(&id.H221NonStandard.NonStandardIdentifier)
	}
	return "generic"
}

func nonStandardName(id *h245.NonStandardIdentifier) string {
	switch {
	case id.H221NonStandard != nil:
		v := id.H221NonStandard
		return fmt.Sprintf("non-standard %d/%d/%d", v.T35CountryCode, v.T35Extension, v.ManufacturerCode)
	case id.Object != nil:
		return "non-standard " + short(string(*id.Object))
	}
	return "non-standard"
}

// short keeps a foreign name from filling a log.
func short(s string) string { return s[:min(len(s), 64)] }

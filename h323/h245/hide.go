package h245

// Hide takes out of a message what others must not see: the keys pressed. It reports
// whether it may be shown then; what this version cannot read, passwords, and what
// only its maker understands may not.
func Hide(m *MultimediaSystemControlMessage) (shown bool) {
	switch {
	case m.Request != nil:
		return m.Request.NonStandard == nil
	case m.Response != nil:
		return m.Response.NonStandard == nil && m.Response.ConferenceResponse == nil
	case m.Command != nil:
		return m.Command.NonStandard == nil
	case m.Indication != nil:
		if u := m.Indication.UserInput; u != nil {
			return hideKeys(u)
		}
		return m.Indication.NonStandard == nil
	}
	return false
}

// masked stands for a key: one of those that there are, so that it can be encoded.
const masked = "*"

func hideKeys(u *UserInputIndication) bool {
	switch {
	case u.Alphanumeric != nil:
		*u = UserInputIndication{Alphanumeric: new(string)}
		*u.Alphanumeric = masked
	case u.Signal != nil:
		u.Signal.SignalType = masked
		u.Signal.EncryptedSignalType = nil
		u.Signal.ParamS = nil
	case u.ExtendedAlphanumeric != nil:
		*u = UserInputIndication{ExtendedAlphanumeric: &UserInputIndicationExtendedAlphanumeric{Alphanumeric: masked}}
	case u.SignalUpdate != nil, u.UserInputSupportIndication != nil:
	default:
		return false
	}
	return true
}

// Chosen names the alternative that is set in the CHOICE that p points to, as H.245
// writes it; Unknown if there is none.
func Chosen(p any) string { return chosen(p) }

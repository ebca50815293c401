package q931

// userDiscriminator says that user information is coded by ASN.1
// (Q.931 Table 4-26; H.225.0 §7.2.2.31).
const userDiscriminator = 0x05

// UserUser returns the H.225.0 message (H323-UserInformation, PER) that m carries.
// It is not ok without a user-user element or if that is no ASN.1.
func (m *Message) UserUser() (pdu []byte, ok bool) {
	c, ok := m.Get(IDUserUser)
	if !ok || len(c) == 0 || c[0] != userDiscriminator {
		return nil, false
	}
	return c[1:], true
}

// SetUserUser puts an H.225.0 message into m.
func (m *Message) SetUserUser(pdu []byte) {
	c := make([]byte, 0, 1+len(pdu))
	c = append(c, userDiscriminator)
	m.Set(IDUserUser, append(c, pdu...))
}

package h245

// NewRequest makes a message of a request.
func NewRequest(r RequestMessage) *MultimediaSystemControlMessage {
	return &MultimediaSystemControlMessage{Request: &r}
}

// NewResponse makes a message of a response.
func NewResponse(r ResponseMessage) *MultimediaSystemControlMessage {
	return &MultimediaSystemControlMessage{Response: &r}
}

// NewCommand makes a message of a command.
func NewCommand(c CommandMessage) *MultimediaSystemControlMessage {
	return &MultimediaSystemControlMessage{Command: &c}
}

// NewIndication makes a message of an indication.
func NewIndication(i IndicationMessage) *MultimediaSystemControlMessage {
	return &MultimediaSystemControlMessage{Indication: &i}
}

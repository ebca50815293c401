package control

import "github.com/partyline/partyline/h323/h245"

// refuseBidirectional is the incoming bidirectional entity (H.245 C.5): sound goes one
// way a channel, and what is opened both ways (T.120, T.38 over TCP, H.224) is nothing
// that we do.
func refuseBidirectional(olc *h245.OpenLogicalChannel) *h245.OpenLogicalChannelRejectCause {
	if audioOf(&olc.ForwardLogicalChannelParameters.DataType) != nil {
		return &h245.OpenLogicalChannelRejectCause{UnsuitableReverseParameters: null()}
	}
	return refuseDataType(&olc.ForwardLogicalChannelParameters.DataType)
}

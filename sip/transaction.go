package sip

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	msg "github.com/emiago/sipgo/sip"
)

// transactions matches messages to transactions (RFC 3261 §17.1.3, §17.2.3). The
// state machines are sipgo's; what is new goes to the transaction user.
type transactions struct {
	log, quiet *slog.Logger

	mu     sync.Mutex
	server map[string]*serverTx
	client map[string]*msg.ClientTx
}

// serverTx is a server transaction and, for an INVITE, the leg it is about.
type serverTx struct {
	*msg.ServerTx
	req *msg.Request
	leg *Leg
}

// The state machines themselves log nothing: what matters comes to the legs as
// errors, and their lines would show request URIs as they came.
func newTransactions(log *slog.Logger) *transactions {
	return &transactions{
		log: log, quiet: slog.New(slog.DiscardHandler),
		server: map[string]*serverTx{}, client: map[string]*msg.ClientTx{},
	}
}

// absorb gives a request to the transaction it belongs to, if there is one: a
// retransmission or the ACK of a refusal.
func (t *transactions) absorb(req *msg.Request) bool {
	tx := t.find(req)
	if tx == nil {
		return false
	}
	if err := tx.Receive(req); err != nil {
		t.log.Debug("transaction", "error", err)
	}
	return true
}

// find is the server transaction of a request; for a CANCEL, the one to be
// cancelled is found with asInvite.
func (t *transactions) find(req *msg.Request) *serverTx {
	key, err := serverKey(req)
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.server[key]
}

// serverKey names a request's transaction. RFC 2543 callers have neither a branch
// of ours nor, some, a tag: Via, Call-ID and CSeq tell theirs apart (RFC 3261
// §17.2.3).
func serverKey(req *msg.Request) (string, error) {
	key, err := msg.ServerTxKeyMake(req)
	if err == nil || req.Via() == nil || req.CallID() == nil || req.CSeq() == nil {
		return key, err
	}
	method := req.CSeq().MethodName
	if method == msg.ACK {
		method = msg.INVITE
	}
	return fmt.Sprint(req.Via().Value(), "|", req.CallID().Value(), "|", req.CSeq().SeqNo, "|", method), nil
}

// asInvite is the request whose transaction a CANCEL means (RFC 3261 §9.2).
func asInvite(cancel *msg.Request) *msg.Request {
	req := msg.NewRequest(msg.INVITE, cancel.Recipient)
	for _, h := range []msg.Header{cancel.Via(), cancel.From(), cancel.CallID()} {
		req.AppendHeader(h)
	}
	req.AppendHeader(&msg.CSeqHeader{SeqNo: cancel.CSeq().SeqNo, MethodName: msg.INVITE})
	return req
}

// begin makes the server transaction of a request. It must be answered; nil if
// there is one already.
func (t *transactions) begin(req *msg.Request, f flow, l *Leg) *serverTx {
	key, err := serverKey(req)
	if err != nil {
		return nil
	}
	tx := &serverTx{msg.NewServerTx(key, req, f, t.quiet), req, l}
	t.mu.Lock()
	if t.server[key] != nil {
		t.mu.Unlock()
		return nil
	}
	t.server[key] = tx
	t.mu.Unlock()
	// The callback comes with the state machine's lock held: only the map here.
	tx.OnTerminate(func(string, error) {
		t.mu.Lock()
		delete(t.server, key)
		t.mu.Unlock()
	})
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil
	}
	return tx
}

// request starts a client transaction.
func (t *transactions) request(req *msg.Request, f flow) (*msg.ClientTx, error) {
	key, err := msg.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	tx := msg.NewClientTx(key, req, f, t.quiet)
	t.mu.Lock()
	t.client[key] = tx
	t.mu.Unlock()
	tx.OnTerminate(func(string, error) {
		t.mu.Lock()
		delete(t.client, key)
		t.mu.Unlock()
	})
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, err
	}
	return tx, nil
}

// response gives a response to its transaction. Passing it up may wait for the
// transaction user, hence a goroutine.
func (t *transactions) response(res *msg.Response) {
	cseq := res.CSeq()
	if cseq == nil {
		return
	}
	cseq.MethodName = msg.RequestMethod(strings.TrimSpace(string(cseq.MethodName)))
	key, err := msg.ClientTxKeyMake(res)
	if err != nil {
		return
	}
	t.mu.Lock()
	tx := t.client[key]
	t.mu.Unlock()
	if tx != nil {
		go tx.Receive(res)
	}
}

// close ends all transactions.
func (t *transactions) close() {
	t.mu.Lock()
	var all []interface{ Terminate() }
	for _, tx := range t.server {
		all = append(all, tx)
	}
	for _, tx := range t.client {
		all = append(all, tx)
	}
	t.mu.Unlock()
	for _, tx := range all {
		tx.Terminate()
	}
}

func (t *transactions) len() (server, client int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.server), len(t.client)
}

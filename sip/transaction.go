package sip

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	msg "github.com/emiago/sipgo/sip"
)

// transactions matches messages to transactions (RFC 3261 §17.1.3, §17.2.3). The
// state machines are sipgo's, but for what is left of a transaction that has its
// final response; what is new goes to the transaction user.
type transactions struct {
	log, quiet *slog.Logger

	mu     sync.Mutex
	server map[string]*serverTx
	client map[string]*clientTx
}

// clientTx is a client transaction. Responses are passed up in the order in which
// they came, by one goroutine that is there while any wait.
type clientTx struct {
	*msg.ClientTx
	flow flow
	came mailbox
	// refused acknowledges the refusal of an INVITE, and every copy of it
	// (RFC 3261 §17.1.1.2); nil before there was one.
	refused atomic.Pointer[msg.Request]
}

// pass passes up what has come.
func (tx *clientTx) pass() {
	for f := tx.came.next(); f != nil; f = tx.came.next() {
		f()
	}
}

// serverTx is a server transaction and, for an INVITE, the leg it is about. Its
// state machine is sipgo's until it is settled: from then on what is kept of it
// is what a repeated request needs, not the messages.
type serverTx struct {
	*msg.ServerTx // nil: settled
	req           *msg.Request
	leg           *Leg
	settle        func(*settled)

	last *settled
}

// settled is how a transaction was answered.
type settled struct {
	tag   string // a CANCEL that comes too late is told it
	reply []byte // what a repeated request gets; nil: nothing
	out   flow
}

// Respond sends a response. One that settles the transaction is not left to
// sipgo, whose state machine would keep request and response for 32 s: the
// success of an INVITE, which the leg repeats until its ACK (RFC 6026 §7.1), and
// the final response of any other request.
func (tx *serverTx) Respond(res *msg.Response) error {
	invite := tx.req.Method == msg.INVITE
	if res.IsProvisional() || invite && !res.IsSuccess() {
		return tx.ServerTx.Respond(res)
	}
	f, ok := tx.Connection().(flow)
	if !ok {
		return tx.ServerTx.Respond(res)
	}
	b := marshal(res)
	defer buffers.Put(b)
	if tx.last == nil {
		tx.last = &settled{out: f}
		if to := res.To(); to != nil {
			tx.last.tag = strings.Clone(to.Params.GetOr("tag", ""))
		}
		if !invite {
			tx.last.reply = bytes.Clone(b.Bytes())
		}
		tx.settle(tx.last)
	}
	return f.send(b.Bytes())
}

// The state machines themselves log nothing: what matters comes to the legs as
// errors, and their lines would show request URIs as they came.
func newTransactions(log *slog.Logger) *transactions {
	return &transactions{
		log: log, quiet: slog.New(slog.DiscardHandler),
		server: map[string]*serverTx{}, client: map[string]*clientTx{},
	}
}

// absorb gives a request to the transaction it belongs to, if there is one: a
// retransmission or the ACK of a refusal.
func (t *transactions) absorb(req *msg.Request) bool {
	tx := t.find(req)
	if tx == nil {
		return false
	}
	if tx.ServerTx == nil {
		if s := tx.last; s.reply != nil && req.Method != msg.ACK {
			_ = s.out.send(s.reply)
		}
		return true
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
	tx := &serverTx{ServerTx: msg.NewServerTx(key, req, f, t.quiet), req: req}
	if req.Method == msg.INVITE {
		tx.leg = l
	}
	tx.settle = func(s *settled) { t.settle(key, tx, s) }
	t.mu.Lock()
	if t.server[key] != nil {
		t.mu.Unlock()
		return nil
	}
	t.server[key] = tx
	t.mu.Unlock()
	// The callback comes with the state machine's lock held: only the map here.
	tx.OnTerminate(func(string, error) { t.forget(key, tx) })
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil
	}
	return tx
}

// settle puts what is kept in a transaction's place, for as long as its request
// may come again: 64*T1 (Timers J and L), not at all over a connection, but for
// an INVITE's.
func (t *transactions) settle(key string, tx *serverTx, s *settled) {
	if s.out.network() == "UDP" || tx.req.Method == msg.INVITE {
		kept := &serverTx{last: s}
		t.mu.Lock()
		t.server[key] = kept
		t.mu.Unlock()
		time.AfterFunc(64*msg.T1, func() { t.forget(key, kept) })
	}
	tx.Terminate()
}

// forget drops a transaction, unless another has taken its place.
func (t *transactions) forget(key string, tx *serverTx) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.server[key] == tx {
		delete(t.server, key)
	}
}

// request starts a client transaction. again, if not nil, gets every success of an
// INVITE but the first; it must not block.
func (t *transactions) request(req *msg.Request, f flow, again func(*msg.Response)) (*clientTx, error) {
	key, err := msg.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	tx := &clientTx{ClientTx: msg.NewClientTx(key, req, f, t.quiet), flow: f}
	if again != nil {
		tx.OnRetransmission(again)
	}
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
// transaction user, hence a goroutine. What a peer sends faster than that is taken
// is dropped: it comes again.
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
	if tx == nil {
		return
	}
	if ack := tx.refused.Load(); ack != nil && res.StatusCode >= 300 {
		_ = tx.flow.WriteMsg(ack)
		return
	}
	if start, _ := tx.came.put(func() { tx.Receive(res) }, mostWaiting); start {
		go tx.pass()
	}
}

// close ends all transactions.
func (t *transactions) close() {
	t.mu.Lock()
	var all []interface{ Terminate() }
	for _, tx := range t.server {
		if tx.ServerTx != nil {
			all = append(all, tx)
		}
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

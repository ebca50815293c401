package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/meeting/invitation"
	"github.com/partyline/partyline/meeting/outbox"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/telemetry"
	"github.com/partyline/partyline/web/api"
)

// carrier is a way out for messages, as outbox.Mail is.
type carrier interface {
	outbox.Transport
	Close() error
}

// channel is the way out of one kind of messages, which a reload of the
// configuration may replace. It implements outbox.Transport.
type channel struct {
	off string // what is said of messages while there is no way
	now atomic.Pointer[carrier]
}

// Send implements outbox.Transport.
func (c *channel) Send(ctx context.Context, e outbox.Envelope) error {
	if by := c.now.Load(); by != nil {
		return (*by).Send(ctx, e)
	}
	return &outbox.Refusal{Reason: c.off, Permanent: true}
}

// use replaces the way, and closes the one of before; nil: there is none.
func (c *channel) use(by carrier) error {
	var old *carrier
	if by == nil {
		old = c.now.Swap(nil)
	} else {
		old = c.now.Swap(&by)
	}
	if old == nil {
		return nil
	}
	return (*old).Close()
}

// messages is what goes out about meetings, and when.
type messages struct {
	mail, sms channel
	words     atomic.Pointer[outbox.Words]
	outbox    *outbox.Outbox
	agenda    *outbox.Agenda
}

// Compose implements outbox.Composer.
func (m *messages) Compose(ctx context.Context, j store.Job) (outbox.Message, error) {
	return m.words.Load().Compose(ctx, j)
}

// carriers are the configured ways; nil where there is none. Nothing is connected.
func carriers(cfg *configs.Config) (mail, sms carrier, err error) {
	if !cfg.Mail.SMTP.Off() {
		m, err := mailOf(cfg)
		if err != nil {
			return nil, nil, err
		}
		mail = m
	}
	switch w, k := cfg.SMS.Webhook, cfg.SMS.Kannel; {
	case w.URL != "":
		secret, err := secretOf("sms.webhook.secret_file", w.SecretFile)
		if err != nil {
			return nil, nil, err
		}
		template := []byte{}
		if w.Template != "" {
			if template, err = os.ReadFile(w.Template); err != nil {
				return nil, nil, fmt.Errorf("sms.webhook.template: %w", err)
			}
		}
		hook, err := outbox.NewWebhook(outbox.WebhookConfig{URL: w.URL, Secret: []byte(secret), Template: string(template)})
		if err != nil {
			return nil, nil, fmt.Errorf("sms.webhook: %w", err)
		}
		sms = hook
	case k.URL != "":
		password, err := secretOf("sms.kannel.password_file", k.PasswordFile)
		if err != nil {
			return nil, nil, err
		}
		kannel, err := outbox.NewKannel(outbox.KannelConfig{URL: k.URL, Username: k.Username, Password: password, From: k.From})
		if err != nil {
			return nil, nil, fmt.Errorf("sms.kannel: %w", err)
		}
		sms = kannel
	}
	return mail, sms, nil
}

func mailOf(cfg *configs.Config) (*outbox.Mail, error) {
	m := cfg.Mail
	c := outbox.MailConfig{Scheme: m.SMTP.Scheme, Addr: m.SMTP.Address(), From: m.From, Username: m.Username, HELO: cfg.Server.Domain}
	var err error
	if m.PasswordFile != "" {
		if c.Password, err = secretOf("mail.password_file", m.PasswordFile); err != nil {
			return nil, err
		}
	}
	if m.DKIM.KeyFile != "" {
		key, err := os.ReadFile(m.DKIM.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("mail.dkim.key_file: %w", err)
		}
		if c.DKIM, err = outbox.NewDKIM(m.DKIM.Domain, m.DKIM.Selector, key); err != nil {
			return nil, fmt.Errorf("mail.dkim: %w", err)
		}
	}
	mail, err := outbox.NewMail(c)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return mail, nil
}

// secretOf reads a secret's file.
func secretOf(key, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("%s: %s is empty", key, file)
	}
	return secret, nil
}

// wordsOf composes messages as a configuration has it.
func (g *gateway) wordsOf(cfg *configs.Config) (*outbox.Words, error) {
	return outbox.NewWords(outbox.WordsConfig{
		Store: g.store, Write: g.write, From: cfg.Mail.From, Language: cfg.Reception.Language,
		Ways: func(extension, pin, token, language string) invitation.Ways {
			return api.WaysOf(g.directory().Ways(extension, pin, token).Speaking(language))
		},
	})
}

// startMessages begins to send what is queued, and to mind the hours of meetings. It
// comes after the listeners, which links tell of.
func (g *gateway) startMessages(_ context.Context, cfg *configs.Config) error {
	m := &messages{}
	m.mail.off, m.sms.off = "this gateway sends no e-mail", "this gateway sends no SMS"
	if err := g.useMessages(cfg, m); err != nil {
		return err
	}
	m.outbox = outbox.New(outbox.Config{
		Queue: g.store, Composer: m, Mail: &m.mail, SMS: &m.sms, Log: g.log.With("part", "outbox"), Counter: messageCount{g.metrics},
	})
	m.agenda = g.agendaOf(cfg)
	m.outbox.Start()
	m.agenda.Start()
	g.messages = m
	return nil
}

// useMessages puts a configuration's ways for messages in force, or none of them.
func (g *gateway) useMessages(cfg *configs.Config, m *messages) error {
	mail, sms, err := carriers(cfg)
	if err != nil {
		return err
	}
	words, err := g.wordsOf(cfg)
	if err != nil {
		return err
	}
	m.words.Store(words)
	return errors.Join(m.mail.use(mail), m.sms.use(sms))
}

func (g *gateway) agendaOf(cfg *configs.Config) *outbox.Agenda {
	return outbox.NewAgenda(outbox.AgendaConfig{
		Store: g.store, Log: g.log.With("part", "agenda"),
		CallRecords: cfg.Privacy.CallRecords, GuestNames: cfg.Privacy.GuestNames,
	})
}

// reloadMessages puts what changed of mail, SMS and privacy in force.
func (g *gateway) reloadMessages(old, cfg *configs.Config) error {
	m := g.messages
	if m == nil {
		return nil
	}
	if err := g.useMessages(cfg, m); err != nil {
		return err
	}
	if old.Privacy != cfg.Privacy {
		m.agenda.Close()
		m.agenda = g.agendaOf(cfg)
		m.agenda.Start()
	}
	return nil
}

// closeMessages lets what is on its way arrive, at most so long; the rest stays
// queued.
func (g *gateway) closeMessages(most time.Duration) error {
	m := g.messages
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	if err := m.outbox.Close(ctx); err != nil {
		g.log.Warn("messages on their way were broken off; they are sent again at the next start", "err", err)
	}
	return errors.Join(m.agenda.Close(), m.mail.use(nil), m.sms.use(nil))
}

// messageCount implements outbox.Counter.
type messageCount struct{ metrics *telemetry.Registry }

// Count implements outbox.Counter.
func (m messageCount) Count(channel, result string) {
	m.metrics.Count("partyline_messages_total", channel, result)
}

// messageMetrics are those of meetings and what is sent about them.
func (g *gateway) messageMetrics() {
	m := g.metrics
	m.Counters("partyline_messages_total")
	m.Gauge("partyline_outbox_waiting", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, err := g.store.JobsWaiting(ctx)
		if err != nil {
			g.log.Debug("the messages that wait cannot be counted", "err", err)
		}
		return float64(n)
	})
	m.Gauge("partyline_meetings", func() float64 {
		rooms, _ := g.store.Rooms(context.Background())
		n := 0
		for _, r := range rooms {
			if s := r.Schedule; s != nil && s.Completed.IsZero() && s.Cancelled.IsZero() {
				n++
			}
		}
		return float64(n)
	})
	m.Gauge("partyline_meetings_live", func() float64 {
		n := 0
		for _, live := range g.bridge.Rooms() {
			if r, err := g.store.RoomByID(context.Background(), live.ID()); err == nil && r.Schedule != nil && live.Count() > 0 {
				n++
			}
		}
		return float64(n)
	})
}

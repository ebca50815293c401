package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/partyline/partyline/configs"
	"github.com/partyline/partyline/meeting/contacts"
	"github.com/partyline/partyline/store"
)

type contactCmd struct {
	Import contactImportCmd `cmd:"" help:"Take contacts from a file of vCards or CSV into an address book."`
	Export contactExportCmd `cmd:"" help:"Write an address book as vCards or CSV."`
	List   contactListCmd   `cmd:"" help:"List an address book."`
}

// bookOwner is whose address book a command works on.
type bookOwner struct {
	Owner string `required:"" help:"Whose address book it is: the account's e-mail address." placeholder:"EMAIL"`
}

// openContacts opens the store and finds the account. The caller closes it.
func (o bookOwner) openContacts(c *console) (*configs.Config, *store.Store, store.User, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, nil, store.User{}, err
	}
	s, err := c.store(cfg)
	if err != nil {
		return nil, nil, store.User{}, err
	}
	u, err := findUser(c, s, o.Owner)
	if err != nil {
		s.Close()
		return nil, nil, u, fmt.Errorf("--owner: %w", err)
	}
	return cfg, s, u, nil
}

// all gives an address book, or what a search finds of it.
func allContacts(c *console, s *store.Store, q store.ContactQuery) (list []store.Contact, err error) {
	for q.Limit = 1000; ; {
		page, next, err := s.Contacts(c.ctx, q)
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
		if q.Cursor = next; next == "" {
			return list, nil
		}
	}
}

type contactImportCmd struct {
	File string `arg:"" help:"The file; - reads standard input."`
	bookOwner
}

// Run imports contacts. Who is known already by address or number is completed.
func (cmd contactImportCmd) Run(c *console) error {
	in := io.Reader(os.Stdin)
	if cmd.File != "-" {
		f, err := os.Open(cmd.File)
		if err != nil {
			return misuse{err.Error()}
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, contacts.MaxSize+1))
	if err != nil {
		return err
	}
	cfg, s, u, err := cmd.openContacts(c)
	if err != nil {
		return err
	}
	defer s.Close()
	file, err := contacts.Read(data, cfg.SMS.Country)
	if err != nil {
		return misuse{cmd.File + ": " + err.Error()}
	}
	counts, err := s.ImportContacts(c.ctx, u.ID, file.Contacts)
	if err != nil {
		return err
	}
	noted(s, "import-contacts", u.About(), fmt.Sprintf("%d added, %d changed", counts.Added, counts.Changed))
	if c.json {
		return c.printJSON(map[string]any{
			"added": counts.Added, "changed": counts.Changed, "skipped": counts.Skipped, "bad": append([]contacts.Bad{}, file.Bad...),
		})
	}
	fmt.Fprintf(c.out, "%s added, %d changed, %d known\n", plural(counts.Added, "contact"), counts.Changed, counts.Skipped)
	for _, b := range file.Bad {
		fmt.Fprintf(c.err, "%s:%d: %s: %s\n", cmd.File, b.Line, clean(b.Entry), b.Message)
	}
	if len(file.Contacts) == 0 && len(file.Bad) > 0 {
		return exitNow(exitFailed)
	}
	return nil
}

type contactExportCmd struct {
	bookOwner
	Format string `help:"vcf (vCard 3.0) or csv. Default: by --output, else vcf." enum:"vcf,csv," default:"" placeholder:"HOW"`
	Output string `short:"o" help:"The file to write. Default: standard output." placeholder:"FILE"`
}

// Run exports an address book.
func (cmd contactExportCmd) Run(c *console) error {
	_, s, u, err := cmd.openContacts(c)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := allContacts(c, s, store.ContactQuery{OwnerID: u.ID})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(append([]store.Contact{}, list...))
	}
	var file bytes.Buffer
	w := contacts.NewVCards(&file)
	if cmd.Format == "csv" || cmd.Format == "" && strings.HasSuffix(strings.ToLower(cmd.Output), ".csv") {
		if w, err = contacts.NewTable(&file); err != nil {
			return err
		}
	}
	for _, contact := range list {
		if err := w.Write(contact); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.writeFile(cmd.Output, "--output", file.Bytes())
}

type contactListCmd struct {
	bookOwner
	Search string `help:"Beginnings of words in name, company or address, or digits of the number." placeholder:"TEXT"`
}

// Run lists an address book.
func (cmd contactListCmd) Run(c *console) error {
	_, s, u, err := cmd.openContacts(c)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := allContacts(c, s, store.ContactQuery{OwnerID: u.ID, Search: cmd.Search})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(append([]store.Contact{}, list...))
	}
	if len(list) == 0 {
		fmt.Fprintln(c.out, "no contacts")
		return nil
	}
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.Name, p.Email, p.Phone, p.Company})
	}
	table(c.out, []string{"NAME", "E-MAIL", "PHONE", "COMPANY"}, rows)
	return nil
}

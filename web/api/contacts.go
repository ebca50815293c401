package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/meeting/contacts"
	"github.com/partyline/partyline/store"
)

// Contacts keeps the address books.
type Contacts interface {
	Contacts(context.Context, store.ContactQuery) ([]store.Contact, string, error)
	AddContact(ctx context.Context, ownerID string, n store.NewContact) (store.Contact, error)
	UpdateContact(ctx context.Context, ownerID, id string, c store.ContactChange) (store.Contact, error)
	RemoveContact(ctx context.Context, ownerID, id string) error
	ImportContacts(ctx context.Context, ownerID string, list []store.NewContact) (store.ContactCounts, error)
}

// Contact is an entry of one's own address book.
type Contact struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Email    string     `json:"email"`
	Phone    string     `json:"phone" doc:"E.164"`
	Company  string     `json:"company"`
	Note     string     `json:"note"`
	Language string     `json:"language" doc:"Of invitations; empty: the meeting's."`
	Used     *time.Time `json:"used,omitempty" doc:"When they were last invited."`
}

func contactOf(c store.Contact) Contact {
	out := Contact{ID: c.ID, Name: c.Name, Email: c.Email, Phone: c.Phone, Company: c.Company, Note: c.Note, Language: c.Language}
	if !c.Used.IsZero() {
		out.Used = &c.Used
	}
	return out
}

// ContactFields are what may be said of a contact; what is left out stays. A new
// one needs a name, an address or a number.
type ContactFields struct {
	Name     *string `json:"name,omitempty" maxLength:"400"`
	Email    *string `json:"email,omitempty" maxLength:"320"`
	Phone    *string `json:"phone,omitempty" maxLength:"64" doc:"With its country, as +41 44 555 01 00, or of the given one."`
	Company  *string `json:"company,omitempty" maxLength:"400"`
	Note     *string `json:"note,omitempty" maxLength:"8000"`
	Language *string `json:"language,omitempty" maxLength:"35"`
	Country  string  `json:"country,omitempty" maxLength:"2" doc:"ISO code by which a local number is read; empty: the gateway's."`
}

// Imported is what came of an import.
type Imported struct {
	store.ContactCounts
	Bad      []contacts.Bad `json:"bad" doc:"What could not be taken, by line; 200 at most."`
	BadCount int            `json:"bad_count"`
}

// The one route that takes more than a form: how much, with what a form has around
// its file.
const (
	ImportPath = Prefix + "/contacts/import"
	MostImport = contacts.MaxSize + 4096
)

// badShown is how many lines an answer names.
const badShown = 200

func (a *API) contacts() {
	op := func(id, method, path, summary string, errors ...int) huma.Operation {
		o := a.hostOperation(id, method, path, summary, errors...)
		o.Tags = []string{"contacts"}
		return o
	}
	huma.Register(a.huma, op("list-contacts", http.MethodGet, "/contacts", "Your address book, by name", 503), a.listContacts)
	add := op("add-contact", http.MethodPost, "/contacts", "Add a contact", 422, 503)
	add.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, add, a.addContact)
	huma.Register(a.huma, op("change-contact", http.MethodPatch, "/contacts/{id}", "Change a contact", 404, 422, 503), a.changeContact)
	huma.Register(a.huma, op("remove-contact", http.MethodDelete, "/contacts/{id}", "Remove a contact", 404, 503), a.removeContact)
	take := op("import-contacts", http.MethodPost, "/contacts/import", "Take in a file of vCards or CSV", 413, 422, 503)
	take.Description = "The file is the body, or the first file of a form (multipart/form-data). Whoever is known by e-mail address " +
		"or number is filled in and replaced by what the file brings; nobody is removed."
	take.MaxBodyBytes, take.BodyReadTimeout, take.SkipValidateBody = MostImport, 25*time.Second, true
	huma.Register(a.huma, take, a.importContacts)
	for _, e := range []export{
		{"vcf", "text/vcard; charset=utf-8", func(w io.Writer) (contacts.Writer, error) { return contacts.NewVCards(w), nil }},
		{"csv", "text/csv; charset=utf-8; header=present", contacts.NewTable},
	} {
		o := op("export-contacts-"+e.ending, http.MethodGet, "/contacts/export."+e.ending, "Your address book as a file", 503)
		o.Responses = map[string]*huma.Response{"200": {
			Description: "The whole address book, as a download.", Content: map[string]*huma.MediaType{e.mime: {}},
		}}
		huma.Register(a.huma, o, a.export(e))
	}
}

type contactsInput struct {
	Search string `query:"q" maxLength:"200" doc:"Beginnings of words in name, company or e-mail address, or digits of the number; at least two."`
	Recent bool   `query:"recent" doc:"Those who were invited last come first, for suggestions; one page."`
	Limit  int    `query:"limit" minimum:"0" maximum:"1000" doc:"0: 50."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"Of the page before."`
}

type contactsOutput struct {
	Body struct {
		Contacts []Contact `json:"contacts"`
		Cursor   string    `json:"cursor,omitempty" doc:"Of the next page; left out: this is the last."`
	}
}

func (a *API) listContacts(ctx context.Context, in *contactsInput) (*contactsOutput, error) {
	list, cursor, err := a.cfg.Store.Contacts(ctx, store.ContactQuery{
		OwnerID: userOf(ctx).ID, Search: in.Search, Recent: in.Recent, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, contactProblem(err)
	}
	out := &contactsOutput{}
	out.Body.Contacts, out.Body.Cursor = []Contact{}, cursor
	for _, c := range list {
		out.Body.Contacts = append(out.Body.Contacts, contactOf(c))
	}
	return out, nil
}

type contactOutput struct{ Body Contact }

// read brings a number into the one spelling, or says what is wrong with it.
func (f *ContactFields) read(can Can) (store.ContactChange, error) {
	c := store.ContactChange{Name: f.Name, Email: f.Email, Phone: f.Phone, Company: f.Company, Note: f.Note, Language: f.Language}
	if f.Phone == nil {
		return c, nil
	}
	number, code, message := contacts.Number(*f.Phone, cmp.Or(f.Country, can.Country))
	if code != "" {
		return c, &store.FieldError{Field: "phone", Msg: message}
	}
	c.Phone = &number
	return c, nil
}

func (a *API) addContact(ctx context.Context, in *struct{ Body ContactFields }) (*contactOutput, error) {
	change, wrong := in.Body.read(a.cfg.Can())
	n := change.New()
	if wrong != nil { // said together with all else
		n.Phone = ""
		return nil, contactProblem(errors.Join(wrong, n.Check()))
	}
	c, err := a.cfg.Store.AddContact(ctx, userOf(ctx).ID, n)
	if err != nil {
		return nil, contactProblem(err)
	}
	about(ctx, "contact "+c.ID)
	return &contactOutput{contactOf(c)}, nil
}

// ContactInput names a contact in the path.
type ContactInput struct {
	ID string `path:"id" maxLength:"32" doc:"The contact's id."`
}

type changeContactInput struct {
	ContactInput
	Body ContactFields
}

func (a *API) changeContact(ctx context.Context, in *changeContactInput) (*contactOutput, error) {
	about(ctx, "contact "+in.ID)
	change, err := in.Body.read(a.cfg.Can())
	if err != nil {
		return nil, contactProblem(err)
	}
	c, err := a.cfg.Store.UpdateContact(ctx, userOf(ctx).ID, in.ID, change)
	if err != nil {
		return nil, contactProblem(err)
	}
	return &contactOutput{contactOf(c)}, nil
}

func (a *API) removeContact(ctx context.Context, in *ContactInput) (*struct{}, error) {
	about(ctx, "contact "+in.ID)
	return nil, contactProblem(a.cfg.Store.RemoveContact(ctx, userOf(ctx).ID, in.ID))
}

type importInput struct {
	Type    string `header:"Content-Type"`
	Country string `query:"country" maxLength:"2" doc:"ISO code by which local numbers are read; empty: the gateway's."`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (a *API) importContacts(ctx context.Context, in *importInput) (*struct{ Body Imported }, error) {
	data, err := fileOf(in)
	if err != nil {
		return nil, err
	}
	f, err := contacts.Read(data, cmp.Or(in.Country, a.cfg.Can().Country))
	switch {
	case errors.Is(err, contacts.ErrSize):
		return nil, problem(http.StatusRequestEntityTooLarge, "", "the file has "+err.Error())
	case err != nil:
		return nil, problem(http.StatusUnprocessableEntity, "", "this file cannot be taken in", &huma.ErrorDetail{Location: "body", Message: err.Error()})
	}
	out := &struct{ Body Imported }{}
	out.Body.Bad, out.Body.BadCount = f.Bad[:min(len(f.Bad), badShown)], len(f.Bad)
	if out.Body.Bad == nil {
		out.Body.Bad = []contacts.Bad{}
	}
	if out.Body.ContactCounts, err = a.cfg.Store.ImportContacts(ctx, userOf(ctx).ID, f.Contacts); err != nil {
		return nil, contactProblem(err)
	}
	about(ctx, "contacts")
	detail(ctx, fmt.Sprintf("%d added, %d changed", out.Body.Added, out.Body.Changed))
	return out, nil
}

// fileOf finds the file in a body.
func fileOf(in *importInput) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(in.Type)
	if err != nil || kind != "multipart/form-data" {
		return in.RawBody, nil
	}
	form := multipart.NewReader(bytes.NewReader(in.RawBody), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "", "there is no file in this form", &huma.ErrorDetail{Location: "body", Message: "a file is wanted"})
		}
		if part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, problem(http.StatusUnprocessableEntity, "", "this form is not whole", &huma.ErrorDetail{Location: "body", Message: "a file is wanted"})
		}
		return data, nil
	}
}

// export is a kind of file.
type export struct {
	ending, mime string
	writer       func(io.Writer) (contacts.Writer, error)
}

// export gives the handler that writes the file page by page.
func (a *API) export(e export) func(context.Context, *struct{}) (*huma.StreamResponse, error) {
	return func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		q := store.ContactQuery{OwnerID: userOf(ctx).ID, Limit: 1000}
		page, next, err := a.cfg.Store.Contacts(ctx, q)
		if err != nil {
			return nil, contactProblem(err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", e.mime)
			hc.SetHeader("Content-Disposition", `attachment; filename="contacts.`+e.ending+`"`)
			w, err := e.writer(hc.BodyWriter())
			for err == nil && len(page) > 0 {
				for _, c := range page {
					if err == nil {
						err = w.Write(c)
					}
				}
				if q.Cursor = next; next == "" {
					break
				}
				if err == nil {
					page, next, err = a.cfg.Store.Contacts(ctx, q)
				}
			}
			if err == nil {
				err = w.Close()
			}
			if err != nil {
				panic(http.ErrAbortHandler) // half a file must not look whole
			}
		}}, nil
	}
}

func contactProblem(err error) error {
	if errors.Is(err, store.ErrNoContact) {
		return problem(http.StatusNotFound, "", "there is no such contact")
	}
	return problemOf(err)
}

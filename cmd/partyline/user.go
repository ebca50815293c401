package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/partyline/partyline/store"
)

type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Add an account that hosts sign in with on the page."`
	List    userListCmd    `cmd:"" help:"List the accounts."`
	Set     userSetCmd     `cmd:"" help:"Change an account's name, or what it may do."`
	Passwd  userPasswdCmd  `cmd:"" help:"Give an account another password; it is signed out everywhere."`
	Disable userDisableCmd `cmd:"" help:"Keep an account from signing in; it is signed out everywhere."`
	Remove  userRemoveCmd  `cmd:"" help:"Remove an account."`
}

// userView is an account as it is printed, with a password that was just made.
type userView struct {
	store.User
	Password string `json:"password,omitempty"`
}

func (v userView) show(c *console) error {
	if c.json {
		return c.printJSON(v)
	}
	pairs(c.out, "e-mail", v.Email, "name", v.Name, "rights", rights(v.User), "password", v.Password)
	return nil
}

// rights are what an account may do beside hosting.
func rights(u store.User) string {
	if u.Admin {
		return "admin"
	}
	return ""
}

// passwordFlag is where a password comes from. It is never on the command line,
// which others see.
type passwordFlag struct {
	PasswordFile string `help:"A file with the password; - reads standard input. Default: asked for on a terminal, else a new one, which is printed." placeholder:"FILE"`
}

// read gives the password, and whether it was made and must be told.
func (f passwordFlag) read(email string) (password string, made bool, err error) {
	switch {
	case f.PasswordFile != "":
		text, err := readSecret(f.PasswordFile)
		if err != nil {
			return "", false, misuse{"--password-file: " + err.Error()}
		}
		// Only the line's end: a password may begin or end with a space.
		if password = strings.TrimRight(text, "\r\n"); password == "" {
			return "", false, misuse{"--password-file: " + f.PasswordFile + " is empty"}
		}
		return password, false, nil
	case isTerminal(os.Stdin):
		if password, err = askPassword(os.Stdin, os.Stderr, email); password != "" || err != nil {
			return password, false, err
		}
	}
	return store.NewPassword(), true, nil
}

type userAddCmd struct {
	Email string `arg:"" help:"The e-mail address, which is the name to sign in with."`
	Name  string `help:"What others see in a meeting. Default: what stands before the @."`
	Admin bool   `help:"It may see and do all on the admin page."`
	passwordFlag
}

// Run adds an account, whether or not the gateway runs.
func (cmd userAddCmd) Run(c *console) error {
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	password, made, err := cmd.read(cmd.Email)
	if err != nil {
		return err
	}
	u, err := s.AddUser(c.ctx, store.NewUser{Email: cmd.Email, Name: cmd.Name, Password: password, Admin: cmd.Admin})
	if err != nil {
		return err
	}
	noted(s, "add-user", u.About(), rights(u))
	return told(u, password, made).show(c)
}

func told(u store.User, password string, made bool) userView {
	v := userView{User: u}
	if made {
		v.Password = password
	}
	return v
}

type userListCmd struct{}

// Run lists the accounts.
func (userListCmd) Run(c *console) error {
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	users, err := s.Users(c.ctx)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(users)
	}
	if len(users) == 0 {
		fmt.Fprintln(c.out, "no accounts; make one with `partyline user add`")
		return nil
	}
	owned, err := ownedRooms(c, s)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, u := range users {
		state := ""
		if u.Disabled {
			state = "disabled"
		}
		rows = append(rows, []string{u.Email, u.Name, fmt.Sprint(owned[u.ID]), rights(u), state, u.CreatedAt.Local().Format("2006-01-02")})
	}
	table(c.out, []string{"E-MAIL", "NAME", "ROOMS", "RIGHTS", "STATE", "SINCE"}, rows)
	return nil
}

// ownedRooms counts the rooms of each account.
func ownedRooms(c *console, s *store.Store) (map[string]int, error) {
	rooms, err := s.Rooms(c.ctx)
	owned := map[string]int{}
	for _, r := range rooms {
		owned[r.OwnerID]++
	}
	return owned, err
}

type userSetCmd struct {
	Email string  `arg:"" help:"The account."`
	Name  *string `help:"What others see in a meeting." placeholder:"NAME"`
	Admin *bool   `help:"Whether it may see and do all on the admin page." negatable:""`
}

// Run changes an account. Who is signed in stays so.
func (cmd userSetCmd) Run(c *console) error {
	if cmd.Name == nil && cmd.Admin == nil {
		return misuse{"nothing to change is given: see partyline user set --help"}
	}
	s, u, err := c.openUser(cmd.Email)
	if err != nil {
		return err
	}
	defer s.Close()
	after, err := s.UpdateUser(c.ctx, u.ID, store.UserChange{Name: cmd.Name, Admin: cmd.Admin})
	if err != nil {
		return err
	}
	noted(s, "change-user", u.About(), after.Differences(u))
	return userView{User: after}.show(c)
}

type userPasswdCmd struct {
	Email string `arg:"" help:"The account."`
	passwordFlag
}

// Run changes a password.
func (cmd userPasswdCmd) Run(c *console) error {
	s, u, err := c.openUser(cmd.Email)
	if err != nil {
		return err
	}
	defer s.Close()
	password, made, err := cmd.read(u.Email)
	if err != nil {
		return err
	}
	if err := s.SetPassword(c.ctx, u.ID, password); err != nil {
		return err
	}
	noted(s, "set-password", u.About(), "")
	return told(u, password, made).show(c)
}

type userDisableCmd struct {
	Email string `arg:"" help:"The account."`
	Off   bool   `help:"Let it sign in again."`
}

// Run disables an account.
func (cmd userDisableCmd) Run(c *console) error {
	s, u, err := c.openUser(cmd.Email)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.DisableUser(c.ctx, u.ID, !cmd.Off); err != nil {
		return err
	}
	u.Disabled = !cmd.Off
	if cmd.Off {
		noted(s, "enable-user", u.About(), "")
	} else {
		noted(s, "disable-user", u.About(), "")
	}
	if c.json {
		return c.printJSON(u)
	}
	done := "disabled"
	if cmd.Off {
		done = "enabled"
	}
	fmt.Fprintln(c.out, done, u.Email)
	return nil
}

type userRemoveCmd struct {
	Email   string `arg:"" help:"The account."`
	RoomsTo string `help:"Who hosts its rooms from now on; all: every account." placeholder:"EMAIL"`
}

// Run removes an account. Its rooms stay; whose they are then must be said, as
// they must not become everybody's by oversight.
func (cmd userRemoveCmd) Run(c *console) error {
	s, u, err := c.openUser(cmd.Email)
	if err != nil {
		return err
	}
	defer s.Close()
	owned, err := ownedRooms(c, s)
	if err != nil {
		return err
	}
	if n := owned[u.ID]; n > 0 && cmd.RoomsTo == "" {
		return misuse{fmt.Sprintf("%s owns %s: say who gets them with --rooms-to EMAIL, or all", u.Email, plural(n, "room"))}
	}
	heir := ""
	if cmd.RoomsTo != "" && cmd.RoomsTo != everyAccount {
		h, err := findUser(c, s, cmd.RoomsTo)
		if err != nil {
			return err
		}
		if heir = h.ID; heir == u.ID {
			return misuse{"--rooms-to is the account that is to be removed"}
		}
	}
	if err := s.RemoveUser(c.ctx, u.ID, heir); err != nil {
		return err
	}
	detail := ""
	if cmd.RoomsTo != "" {
		detail = "its rooms to " + cmd.RoomsTo
	}
	noted(s, "remove-user", u.About(), detail)
	if c.json {
		return c.printJSON(map[string]string{"removed": u.Email})
	}
	fmt.Fprintln(c.out, "removed", u.Email)
	return nil
}

// openUser opens the store and finds an account there. The caller closes it.
func (c *console) openUser(email string) (*store.Store, store.User, error) {
	s, err := c.openStore()
	if err != nil {
		return nil, store.User{}, err
	}
	u, err := findUser(c, s, email)
	if err != nil {
		s.Close()
		return nil, u, err
	}
	return s, u, nil
}

func findUser(c *console, s *store.Store, email string) (store.User, error) {
	u, err := s.UserByEmail(c.ctx, email)
	if errors.Is(err, store.ErrNoUser) {
		return u, fmt.Errorf("no account has the e-mail address %s", email)
	}
	return u, err
}

// openStore reads the configuration and opens the store. The caller closes it.
func (c *console) openStore() (*store.Store, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	return c.store(cfg)
}

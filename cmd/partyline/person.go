package main

import (
	"errors"
	"fmt"
)

type personCmd struct {
	Export personExportCmd `cmd:"" help:"Write down all that is kept of a person, as JSON."`
	Erase  personEraseCmd  `cmd:"" help:"Erase a person from invitations, address books, messages and call records."`
}

type personExportCmd struct {
	Address string `arg:"" help:"The e-mail address, or the telephone number as +41445550100."`
	Output  string `short:"o" help:"The file to write. Default: standard output." placeholder:"FILE"`
}

// Run writes down what is kept of a person.
func (cmd personExportCmd) Run(c *console) error {
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := s.ExportPerson(c.ctx, cmd.Address)
	if err != nil {
		return err
	}
	text, err := indented(p)
	if err != nil {
		return err
	}
	return c.writeFile(cmd.Output, "--output", text)
}

type personEraseCmd struct {
	Address string `arg:"" help:"The e-mail address, or the telephone number as +41445550100."`
	Yes     bool   `help:"Do it. It cannot be undone."`
}

// Run erases a person, if told twice.
func (cmd personEraseCmd) Run(c *console) error {
	s, err := c.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	if !cmd.Yes {
		p, err := s.ExportPerson(c.ctx, cmd.Address)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s, %s, %s and %s would be erased\n", plural(len(p.Invitations), "invitation"),
			plural(len(p.Contacts), "contact"), plural(len(p.Messages), "message"), plural(len(p.Calls), "call"))
		if p.Account != nil {
			fmt.Fprintf(c.out, "the account stays: see partyline user remove %s\n", p.Account.Email)
		}
		return errors.New("nothing was erased: say --yes, as it cannot be undone")
	}
	done, err := s.ErasePerson(c.ctx, cmd.Address)
	if err != nil {
		return err
	}
	noted(s, "erase-person", "a person", "") // whom is not kept
	if c.json {
		return c.printJSON(done)
	}
	fmt.Fprintf(c.out, "erased %s, %s, %s and the name in %s\n", plural(int(done.Invitations), "invitation"),
		plural(int(done.Contacts), "contact"), plural(int(done.Messages), "message"), plural(int(done.Calls), "call"))
	return nil
}

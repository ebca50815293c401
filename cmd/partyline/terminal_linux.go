package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// isTerminal says whether somebody sits at a file.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// askPassword asks for a new password on a terminal, twice, and does not show it.
// It is empty if one is to be made.
func askPassword(in *os.File, out io.Writer, email string) (string, error) {
	was, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil {
		return "", err
	}
	silent := *was
	silent.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, &silent); err != nil {
		return "", err
	}
	defer unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, was)
	lines := bufio.NewReader(io.LimitReader(in, 4096))
	ask := func(question string) (string, error) {
		fmt.Fprint(out, question)
		line, err := lines.ReadString('\n')
		fmt.Fprintln(out)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	first, err := ask("Password of " + clean(email) + " (nothing: one is made): ")
	if err != nil || first == "" {
		return "", err
	}
	again, err := ask("Again: ")
	if err == nil && again != first {
		err = errors.New("the two are not the same")
	}
	return first, err
}

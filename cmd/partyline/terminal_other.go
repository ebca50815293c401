//go:build !linux

package main

import (
	"io"
	"os"
)

// isTerminal is not known here: a password is made where none is given.
func isTerminal(*os.File) bool { return false }

func askPassword(*os.File, io.Writer, string) (string, error) { return "", nil }

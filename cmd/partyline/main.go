// Command partyline is the conferencing gateway and what an admin asks of it.
// It joins the packages: the configuration, the signalling, the rooms, the
// reception, the store. Everything that can be tested lives in run and below.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

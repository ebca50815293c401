// Package faults is the book of what was done to the gateway on purpose: calls cut
// off, disks filled, clocks set, and bad messages by the hundred thousand.
//
// In flow Rows, one from each test that did something to a running gateway; they are
// appended to a file, for the tests are of several packages and processes. Out flows
// the table of docs/security.md with its figures, which the command in test/faults/table
// writes into build/faults.md. The Mutator makes bad messages of good ones. The package
// owns no state but the file.
package faults

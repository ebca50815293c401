// Package live is a browser's line to the gateway: one WebSocket that carries
// the signalling of its call and shows it who is in the room.
//
// In flow a page's messages (docs/signalling.md); out flow the answers to its
// offers, the roster of its room, first whole and then as changes, and at last
// why the call ended. The calls themselves are Legs, which another package
// makes; who may enter is the Entrance's to say. Both are small interfaces here.
//
// A seat is one browser's call: a leg, and the socket that speaks for it, which
// may break and be followed by another one that knows the seat's resume token. A
// watch is a room with browsers in it: one goroutine that reads the roster at
// most five times a second, makes of it one message for guests and one for hosts,
// and hands that to every seat. A socket that does not take its messages is
// closed; nobody waits for it. Host commands are here too, for pages and the API
// alike.
//
// State: Live owns the tables of seats and watches under a mutex that is not held
// while anything is sent or asked. A seat's socket is guarded by the seat. What a
// socket has been shown belongs to the watch's goroutine.
package live

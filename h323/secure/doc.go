// Package secure is the voice encryption profile with native H.235/H.245 key
// management, H.235.6 (Annex D of H.235 version 3): what Polycom, Cisco and others
// call "AES when available".
//
// In go the clear tokens of Setup and Connect, capability sets, logical channels and
// key updates as the peer sends them; out come ours, and a Cipher for the payloads of
// each stream. It works in these steps:
//
//   - Exchange: each end puts Diffie-Hellman half-keys into its call signalling
//     (H.235 version 3 §8.8); Secret is what both know then.
//   - Capabilities and channels: an h235SecurityCapability stands beside each audio
//     capability, a channel's data type is h235Media (H.235 version 3 §8.3, §8.5).
//   - Keys: the master of the H.245 session (in fast connect the called end) makes up a
//     key for every channel and sends it encrypted with the secret, in encryptionSync;
//     new ones follow by encryptionUpdateCommand.
//   - Cipher: AES-CBC over each RTP payload, with an IV from its header.
//
// The profile has no authentication: it keeps out those who listen, not those who sit
// in the signalling path and change it (for that there is TLS), and packets can be
// replayed or garbled by who can spoof them.
//
// An Exchange, a Secret and their keys belong to one call and have no locks; a Cipher
// belongs to the goroutine that sends and receives the stream. Nothing here reads the
// clock or the network.
package secure

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forSpeech } from './sdp.ts'

const lines = (...l: string[]) => l.join('\r\n')

test('DTX and FEC go into the fmtp line that is there', () => {
  const sdp = lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 0', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1', 'a=rtpmap:0 PCMU/8000', '')
  const out = forSpeech(sdp)
  assert.match(out, /a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=0;sprop-stereo=0\r\n/)
  assert.equal(out.split('\r\n').length, sdp.split('\r\n').length)
  assert.equal(forSpeech(out), out, 'twice is once')
})

test('a missing fmtp line is made, after its rtpmap', () => {
  const out = forSpeech(lines('a=rtpmap:96 OPUS/48000/2', 'a=rtpmap:0 PCMU/8000'))
  assert.deepEqual(out.split('\r\n').map((l) => l.slice(0, 11)), ['a=rtpmap:96', 'a=fmtp:96 u', 'a=rtpmap:0 '])
})

test('other codecs are left alone', () => {
  const sdp = lines('a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=fmtp:63 111/111')
  assert.equal(forSpeech(sdp), sdp)
})

// The one thing we want of Opus that browsers don't do unasked: DTX, and in-band FEC
// wherever it isn't the default (RFC 7587 §6.1). Speech, one channel.
const wanted: Record<string, string> = { useinbandfec: '1', usedtx: '1', stereo: '0', 'sprop-stereo': '0' }

/** The description with these parameters in the fmtp line of every Opus payload type. */
export function forSpeech(sdp: string): string {
  const lines = sdp.split(/\r?\n/)
  const opus = new Set<string>()
  for (const line of lines) {
    const m = /^a=rtpmap:(\d+) opus\/48000/i.exec(line)
    if (m?.[1]) opus.add(m[1])
  }
  const seen = new Set<string>()
  const out: string[] = []
  for (const line of lines) {
    const m = /^a=fmtp:(\d+) (.*)$/.exec(line)
    if (m?.[1] && opus.has(m[1])) {
      seen.add(m[1])
      out.push(`a=fmtp:${m[1]} ${merged(m[2] ?? '')}`)
    } else out.push(line)
  }
  for (const pt of opus) {
    if (seen.has(pt)) continue
    const at = out.findIndex((line) => line.startsWith(`a=rtpmap:${pt} `))
    out.splice(at + 1, 0, `a=fmtp:${pt} ${merged('')}`)
  }
  return out.join('\r\n')
}

function merged(parameters: string): string {
  const all = new Map<string, string>()
  for (const p of parameters.split(';')) {
    const [name = '', value = ''] = p.trim().split('=')
    if (name) all.set(name, value)
  }
  for (const [name, value] of Object.entries(wanted)) all.set(name, value)
  return [...all].map(([name, value]) => `${name}=${value}`).join(';')
}

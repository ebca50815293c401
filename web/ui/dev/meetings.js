// Plays the meetings' API, for mock.js: three meetings, four invited people, an hour that
// never comes nearer. What is sent is believed, but for titles "wrong".
;(() => {
  const scene = new URLSearchParams(location.search)
  const zone = 'Europe/Zurich'
  const two = (n) => String(n).padStart(2, '0')
  const local = (d) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`
  const at = (days, hour) => { const d = new Date(); d.setDate(d.getDate() + days); d.setHours(hour, 0, 0, 0); return d }
  const occurrence = (d, minutes = 60, more = {}) => ({ original: local(d), start: d.toISOString(), end: new Date(+d + minutes * 60000).toISOString(), ...more })
  const ways = { link: 'https://meet.example.com/j/7Hq2VbXw9LkPz4RtYc81Nm', extension: '112752642', pin: '48219', sip: '112752642@meet.example.com', h323: '203.0.113.10##112752642',
    h323_backup: '203.0.113.11##112752642', numbers: [{ number: '+41445550100', display: '+41 44 555 01 00', label: 'Zürich', language: 'de', tel: 'tel:+41445550100,,112752642,,48219' }] }
  const make = (id, title, start, more = {}) => ({
    id, extension: '112752642', title, note: '', start: local(start), zone, duration_min: 60, repeat: '', state: 'scheduled', next: occurrence(start), occurrences: [occurrence(start)],
    created: new Date().toISOString(), invited: { invited: 4, opened: 1, waiting: 1, joined: 1, left: 0 }, pin: '48219', host_pin: '97531', language: '', max_participants: 0, lobby: false,
    wait_for_host: false, mute_on_entry: false, tones: 'tone', names: 'ask', guest_invites: true, personal_pins: false, join_early_min: 15, grace_min: 30, reminders_min: [1440, 60],
    guest_link: ways.link, ways, live: { count: 0, waiting: 0, locked: false }, ...more })
  const meetings = scene.has('empty') ? [] : [
    make('m1', 'Weekly sync', at(0, new Date().getHours()), { state: 'live', repeat: 'FREQ=WEEKLY;BYDAY=MO,TH', live: { count: 4, waiting: 1, locked: false },
      occurrences: [occurrence(at(0, new Date().getHours())), occurrence(at(3, 14), 60, { changed: true, title: 'With the auditors' }), occurrence(at(7, 14), 60, { cancelled: true }), occurrence(at(10, 14))] }),
    make('m2', 'Quarterly review', at(1, 9), { zone: 'America/New_York' }),
    make('m3', 'Interviews with candidates from all over the world', at(12, 16), { repeat: 'FREQ=DAILY;COUNT=5' }),
  ]
  const past = scene.has('empty') ? [] : [make('p1', 'Kick-off', at(-3, 10), { state: 'completed' }), make('p2', 'Picnic', at(-9, 12), { state: 'cancelled' })]
  const sent = (channel, state, more = {}) => ({ channel, kind: 'invite', state, attempts: 1, sent: state === 'sent' ? new Date(Date.now() - 9e5).toISOString() : undefined, ...more })
  let invitees = scene.has('nobody') ? [] : [
    ['i1', 'Ada Lovelace', 'ada@example.org', '', 'joined', [sent('mail', 'sent')]], ['i2', 'Alan Turing', 'alan@example.org', '', 'waiting', [sent('mail', 'sent')]],
    ['i3', '', 'nobody@nowhere.example', '', 'invited', [sent('mail', 'failed', { error: '550 no such user' })]], ['i4', 'Radia Perlman', '', '+41791234567', 'opened', [sent('sms', 'queued')]],
  ].map(([id, name, email, phone, state, deliveries]) => ({ id, name, email, phone, language: 'en', has_pin: false, state, since: new Date(Date.now() - 3e5).toISOString(), deliveries }))
  const can = { can_mail: !scene.has('nomail'), can_sms: !scene.has('nomail') }
  const text = (m) => `Grace Hopper invites you to: ${m.title}\nMon 30 Nov 2026, 14:00–15:00 (Europe/Zurich, UTC+1)\nJoin in a browser:   ${ways.link}\nBy phone:            +41 44 555 01 00 (Zürich)\n  Meeting number 112 752 642 · PIN 48 219 · confirm with # or *\nRoom system, SIP:    ${ways.sip}`
  const invitation = (m, lang) => ({ language: lang || 'en', subject: m.title, text: text(m), html: `<p>${m.title}</p>`, short: m.title, mailto: 'mailto:?subject=x', outlook: 'https://outlook.office.com/', gmail: 'https://mail.google.com/',
    sms: { text: `${m.title}: ${ways.link}`, segments: 1, units: 96, gsm: true }, ics: `/api/v1/meetings/${m.id}/invitation.ics` })
  const wrong = (body) => ({ title: 'The title is wrong.', pin: body.pin === '1234' && 'this PIN is too easy to guess' })
  const mistakes = (body) => Object.entries(wrong(body)).filter(([k, v]) => v && (k !== 'title' || body.title === 'wrong')).map(([k, message]) => ({ location: `body.${k}`, message }))

  /** The answer as [status, body]; undefined: not a route of meetings. */
  window.playMeetings = (method, path, query, body) => {
    const [, first, id, sub, name] = path.split('/').map(decodeURIComponent)
    if (first !== 'meetings') return undefined
    if (!id && method === 'GET') {
      const all = { past, live: meetings.filter((m) => m.state === 'live') }[query.get('when')] ?? meetings
      return [200, { meetings: all.filter((m) => m.title.toLowerCase().includes((query.get('search') ?? '').toLowerCase())), ...can }]
    }
    const start = body?.start ? new Date(body.start) : at(1, 14)
    if (id === 'preview') return [200, { occurrences: [0, 1, 2].slice(0, body.repeat ? 3 : 1).map((n) => occurrence(new Date(+start + n * 7 * 864e5), body.duration_min)), more: !!body.repeat, errors: mistakes(body), warnings: start < new Date() ? [{ location: 'body.start', message: 'this time is past' }] : [], invitation: invitation(body, query.get('lang')) }]
    if (!id) { const m = make('m9', body.title, start, { ...body, next: occurrence(start, body.duration_min) }); meetings.push(m); sessionStorage.setItem('mock-made', JSON.stringify(m)); return [201, m] }
    const made = sessionStorage.getItem('mock-made')
    const m = [...meetings, ...past].find((x) => x.id === id) ?? (id === 'm9' && made ? JSON.parse(made) : undefined)
    if (!m) return [404, { status: 404, title: 'Not Found' }]
    if (sub === 'invitation') return [200, invitation(m, query.get('lang'))]
    if (sub === 'link') return [200, { guest_link: 'https://meet.example.com/j/NewLinkNewLinkNewLink1' }]
    if (sub === 'cancel' || sub === 'complete') return [200, Object.assign(m, { state: sub === 'cancel' ? 'cancelled' : 'completed', live: { count: 0 } })]
    if (sub === 'occurrences') {
      m.occurrences = m.occurrences.map((o) => (o.original !== name ? o : method === 'DELETE' ? { ...o, cancelled: true } : { ...o, cancelled: false, ...body, start: body.start ? new Date(body.start).toISOString() : o.start, changed: !!body.start }))
      return [200, { ...m }]
    }
    if (sub === 'invitees' && method === 'GET') return [200, { invitees, ...can }]
    if (sub === 'invitees' && method === 'DELETE') { invitees = invitees.filter((i) => i.id !== name); return [204] }
    if (sub === 'invitees' && name) return [200, invitees[0]]
    if (sub === 'invitees') {
      const added = (body.people ?? []).map((p, n) => ({ id: `n${Date.now()}${n}`, name: '', email: '', phone: '', language: 'en', has_pin: false, state: 'invited', since: new Date().toISOString(), deliveries: [sent('mail', 'queued')], ...p }))
      invitees = [...invitees, ...added]
      return [200, { added, known: [], bad: (body.text ?? '').split('\n').filter(Boolean).map((entry) => ({ entry, code: 'syntax', message: 'This is no e-mail address.' })) }]
    }
    if (method === 'PATCH') { if (mistakes(body).length) return [422, { status: 422, errors: mistakes(body) }]; return [200, Object.assign(m, body)] }
    return [200, m]
  }
})()

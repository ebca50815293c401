// Plays the gateway in the browser: ?scene=room|lobby|host|crowd|full|… The other end of the
// call is a second peer connection here, which sends back what it gets.
;(() => {
  const ask = new URLSearchParams(location.search)
  const scene = ask.get('scene') || 'room'
  const demoWays = { link: 'https://meet.example.com/j/7Hq2VbXw9LkPz4RtYc81Nm', extension: '112752642', pin: '48219', sip: '112752642@meet.example.com',
    numbers: [{ number: '+41445550100', display: '+41 44 555 01 00', label: 'Zürich', language: 'de', tel: 'tel:+41445550100,,112752642,,48219' }] }
  const ways = () => JSON.parse(document.getElementById('page').textContent).ways || demoWays

  const crowd = ['Ada Lovelace', 'Alan Turing', 'Katherine Johnson', 'Dennis Ritchie', 'Radia Perlman', 'Barbara Liskov', 'Ken Thompson',
    'Margaret Hamilton', 'Edsger Dijkstra', 'Hedy Lamarr', 'Donald Knuth', 'Jean Bartik', 'Tony Hoare', 'Frances Allen', 'Niklaus Wirth',
    'Adele Goldberg', 'John McCarthy', 'Lynn Conway', 'Vint Cerf', 'Sophie Wilson', 'Claude Shannon', 'Mary Keller', 'Bjarne Stroustrup', 'Elizabeth Feinler']

  const person = (id, name, kind, more = {}) => ({ id, name, kind, host: false, muted: false, hand: false, talking: false, ...more })
  const figures = (n) => ({ state: 'room', codec: ['opus', 'g722', 'pcma'][n % 3], loss: [0, 0.002, 0.012, 0.061][n % 4], jitter_ms: 2 + (n * 7) % 40, rtt_ms: 18 + (n * 31) % 210, mos: [4.4, 4.2, 3.7, 2.8][n % 4] })

  function people(host) {
    const base = [
      person('p1', 'Ada Lovelace', 'browser', { talking: true }),
      person('p2', '+41 44 *** ** 18', 'phone', { muted: true }),
      person('p3', 'Boardroom Zürich', 'room-system'),
      person('p4', 'Katherine Johnson', 'browser', { hand: true }),
      person('p5', '', 'phone', { hand: true }),
      person('p6', 'Alan Turing', 'browser', { host: true, muted: true }),
    ]
    const many = scene === 'crowd' ? crowd.map((n, i) => person('c' + i, i % 5 === 3 ? `+41 79 *** ** ${10 + i}` : n, i % 5 === 3 ? 'phone' : i % 9 === 5 ? 'room-system' : 'browser', { muted: i % 3 === 1, talking: i === 4, hand: i === 7 })) : []
    const all = scene === 'alone' ? [] : [...base, ...many]
    all.unshift(person('w-me', scene === 'host' || scene === 'crowd' ? 'Grace Hopper' : 'Grace', 'browser', { host, muted: scene === 'muted' }))
    if (!host) return all
    return [...all.map((p, i) => ({ ...p, ...figures(i) })),
      { ...person('l1', 'Linus Pauling', 'browser'), ...figures(1), state: 'lobby' },
      { ...person('l2', '+39 06 **** **41', 'phone'), ...figures(2), state: 'lobby' }]
  }

  class Mock extends EventTarget {
    constructor() {
      super()
      this.readyState = 0
      setTimeout(() => { this.readyState = 1; this.onopen?.({}) }, 30)
      window.mockSocket = this
    }
    say(m) { setTimeout(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(m) }), 10) }
    close() { if (this.readyState === 3) return; this.readyState = 3; setTimeout(() => this.onclose?.({}), 5) }
    send(text) {
      const m = JSON.parse(text)
      ;(window.sent ??= []).push(m)
      this[m.type]?.(m)
    }
    hello(m) {
      const host = scene === 'host' || scene === 'crowd' || !!m.room
      if (['full', 'locked', 'ended', 'removed', 'link-replaced', 'busy', 'lost', 'replaced'].includes(scene)) return this.say({ type: 'bye', cause: scene, text: '' })
      this.say({ type: 'welcome', you: 'w-me', resume: 'r1', role: host ? 'host' : 'guest', title: 'Quarterly review', ice: [], ways: ways() })
      if (scene === 'connecting') return
      if (scene === 'lobby') return this.say({ type: 'state', state: 'lobby' })
      this.roster = people(host)
      this.say({ type: 'state', state: 'room' })
      this.say({ type: 'roster', locked: scene === 'crowd', people: m.test ? [] : this.roster })
      const q = scene === 'poor' ? { loss: 0.12, jitter_ms: 80, rtt_ms: 900, mos: 2.2 } : { loss: 0.002, jitter_ms: 4, rtt_ms: 24, mos: 4.3 }
      let n = 0
      const tick = () => { this.say({ type: 'quality', ...q, level: -24 - (n++ % 3) }); if (this.readyState === 1) setTimeout(tick, 2000) }
      tick()
      if (scene === 'asked') setTimeout(() => { this.change('w-me', { muted: true }); this.say({ type: 'notice', kind: 'muted' }); setTimeout(() => this.say({ type: 'notice', kind: 'unmuted' }), 300) }, 300)
      if (scene === 'drop') setTimeout(() => { Mock.refuse = true; this.close() }, 800)
    }
    async offer(m) {
      if (Mock.refuse) return
      this.far ??= this.makeFar()
      await this.far.setRemoteDescription({ type: 'offer', sdp: m.sdp })
      await this.far.setLocalDescription(await this.far.createAnswer())
      this.say({ type: 'answer', sdp: this.far.localDescription.sdp })
      window.farPeer = this.far
    }
    makeFar() {
      const far = new RTCPeerConnection()
      far.ontrack = (e) => { far.getTransceivers()[0].direction = 'sendrecv'; void far.getSenders()[0].replaceTrack(e.track) }
      return far
    }
    candidate(m) { if (m.candidate) this.far?.addIceCandidate({ candidate: m.candidate, sdpMLineIndex: 0 }).catch(() => {}) }
    change(id, more) {
      this.roster = this.roster.map((p) => (p.id === id ? { ...p, ...more } : p))
      this.say({ type: 'people', set: this.roster.filter((p) => p.id === id) })
    }
    mute(m) { if (this.roster) this.change('w-me', { muted: m.on }) }
    hand(m) { this.change('w-me', { hand: m.on }) }
    command(m) {
      if (m.do === 'mute') this.change(m.who, { muted: m.on })
      if (m.do === 'rename') this.change(m.who, { name: m.name })
      if (m.do === 'make-host') this.change(m.who, { host: true })
      if (m.do === 'lower-hand') this.change(m.who, { hand: false })
      if (m.do === 'admit') this.change(m.who, { state: 'room' })
      if (m.do === 'admit-all') this.roster.filter((p) => p.state === 'lobby').forEach((p) => this.change(p.id, { state: 'room' }))
      if (m.do === 'mute-all') this.roster.filter((p) => !p.host).forEach((p) => this.change(p.id, { muted: true }))
      if (m.do === 'remove') { this.roster = this.roster.filter((p) => p.id !== m.who); this.say({ type: 'people', gone: [m.who] }) }
      if (m.do === 'lock') this.say({ type: 'people', locked: m.on })
      if (m.do === 'end') return this.say({ type: 'bye', cause: 'ended', text: '' })
      this.say({ type: 'done', id: m.id })
    }
  }
  window.WebSocket = new Proxy(Mock, { construct: (_, a) => { if (Mock.refuse) { const m = new Mock(); m.hello = () => m.close(); return m } return new Mock(...a) } })
  navigator.sendBeacon = () => true

  const room = (id, name, more = {}) => ({
    id, extension: '112752642', name, pin: '48219', host_pin: '97531', language: 'en', max_participants: 50, lobby: false, wait_for_host: false,
    mute_on_entry: false, tones: 'tone', names: 'ask', guest_invites: true, guest_link: 'https://meet.example.com/j/7Hq2VbXw9LkPz4RtYc81Nm',
    live: { count: 0, waiting: 0, locked: false }, ways: demoWays, ...more,
  })
  const rooms = ask.has('empty') ? [] : [
    room('r1', 'Boardroom', { live: { count: 4, waiting: 2, locked: false } }),
    room('r2', 'Weekly stand-up', { extension: '112752643', lobby: true }),
    room('r3', 'Interviews with candidates from all over the world', { extension: '112752644', live: { count: 1, waiting: 0, locked: true } }),
  ]
  const json = (status, body) => new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
  window.fetch = async (input, init = {}) => {
    const { pathname, searchParams } = new URL(String(input), location.href)
    const path = pathname.replace('/api/v1', '')
    const method = init.method || 'GET'
    await new Promise((r) => setTimeout(r, 40))
    if (path === '/session' && method === 'POST') {
      const { password } = JSON.parse(init.body)
      if (password === 'slow') return new Response('{}', { status: 429, headers: { 'retry-after': '30' } })
      return password === 'right' ? json(200, { user: { id: 'u1', email: 'grace@example.com', name: 'Grace Hopper' } }) : json(401, { status: 401, title: 'Unauthorized' })
    }
    if (path === '/session' && method === 'DELETE') return json(204)
    if (path === '/rooms' && method === 'GET') return json(200, { rooms })
    const body = init.body ? JSON.parse(init.body) : {}
    const played = window.playMeetings?.(method, path, searchParams, body)
    if (played) return json(...played)
    if ((method === 'POST' || method === 'PATCH') && body.pin === '1234')
      return json(422, { status: 422, title: 'Unprocessable', detail: 'check the fields', errors: [{ location: 'body.pin', message: 'This PIN is too easy to guess.' }] })
    if (path === '/rooms' && method === 'POST') return json(201, room('r9', body.name, body))
    const one = rooms.find((r) => path.startsWith('/rooms/' + r.id)) || room('r1', 'Boardroom')
    if (path.endsWith('/link')) return json(200, { guest_link: 'https://meet.example.com/j/NewLinkNewLinkNewLink1' })
    if (method === 'PATCH') return json(200, { ...one, ...body })
    if (method === 'DELETE') return json(204)
    return json(200, one)
  }
})()

// The built page without a gateway, to look at: `npm run build && npm run dev`, then
// http://localhost:5173/j/demo?scene=room. Pages have the gateway's headers; the socket
// and the API are played by mock.js in the browser.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = join(here, '../../dist')
const locales = join(here, '../../../locales')
const port = Number(process.env.PORT ?? 5173)

const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }

const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "media-src 'self' blob: mediastream:; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const ways = {
  link: 'https://meet.example.com/j/7Hq2VbXw9LkPz4RtYc81Nm',
  numbers: [
    { number: '+41445550100', display: '+41 44 555 01 00', label: 'Zürich', language: 'de', tel: 'tel:+41445550100,,112752642,,48219' },
    { number: '+442045550123', display: '+44 20 4555 0123', label: 'London', language: 'en', tel: 'tel:+442045550123,,112752642,,48219' },
    { number: '+33155501400', display: '+33 1 55 50 14 00', label: 'Paris', language: 'fr', tel: 'tel:+33155501400,,112752642,,48219' },
  ],
  extension: '112752642',
  pin: '48219',
  sip: '112752642@meet.example.com',
  h323: '203.0.113.20##112752642',
  dial_in: 'https://meet.example.com/dial-in/112752642',
}

async function shell(url) {
  const lang = url.searchParams.get('lang') ?? 'en'
  const all = JSON.parse(await readFile(join(locales, `${lang}.json`), 'utf8'))
  const path = url.pathname
  const kind = path.startsWith('/j/') ? 'guest' : path === '/test' ? 'test' : 'host'
  const signedIn = kind === 'host' && !url.searchParams.has('out')
  const page = {
    lang,
    languages: ['en', 'de', 'fr', 'it', 'es'],
    messages: Object.fromEntries(Object.entries(all).filter(([k]) => k.startsWith('ui.'))),
    page: kind,
    link: kind === 'guest' ? { token: 'demo', title: 'Quarterly review', names: url.searchParams.get('names') ?? 'ask', state: 'open' } : null,
    ways: kind === 'guest' ? ways : null,
    user: signedIn ? { id: 'u1', email: 'grace@example.com', name: 'Grace Hopper' } : null,
    version: 'dev',
    room: path.startsWith('/rooms/') ? path.slice(7) : undefined,
    reminders_min: [1440, 60],
    join_early_min: 15,
    grace_min: 30,
  }
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Partyline</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/assets/style.css"><script src="/assets/theme.js"></script>
<script src="/dev/meetings.js"></script><script src="/dev/mock.js"></script><script type="module" src="/assets/${kind}.js"></script></head>
<body><div id="app"></div><script type="application/json" id="page">${JSON.stringify(page).replace(/</g, '\\u003c')}</script></body></html>`
}

createServer(async (req, res) => {
  const url = new URL(req.url ?? '/', `http://localhost:${port}`)
  try {
    const file = url.pathname === '/favicon.svg' ? join(dist, 'favicon.svg')
      : url.pathname.endsWith('/qr.svg') ? join(here, 'qr.svg')
      : url.pathname.startsWith('/assets/') ? join(dist, url.pathname.slice(8))
      : url.pathname.startsWith('/dev/') ? join(here, url.pathname.slice(5)) : ''
    if (file) {
      const body = await readFile(file)
      res.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(body)
    } else res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': csp }).end(await shell(url))
  } catch {
    res.writeHead(404).end('not found')
  }
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}/j/demo?scene=room`))

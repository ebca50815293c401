// What a guest's browser fetches of JavaScript, compressed; the console of a host counted
// in, because a guest may become one. At most 60 kB. The hosts' pages stay out of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))
const most = 60_000
const hosts = ['meetings.js', 'ContactsPage.js', 'admin.js']

function reached(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = readFileSync(join(dist, name), 'utf8')
  for (const [, next] of text.matchAll(/["'`](?:\.\/|\/assets\/)([\w-]+\.js)["'`]/g)) reached(next, seen)
  return seen
}

let failed = false
for (const page of ['guest', 'host', 'test']) {
  const files = [...reached(`${page}.js`)]
  const bytes = files.reduce((sum, f) => sum + gzipSync(readFileSync(join(dist, f)), { level: 9 }).length, 0)
  console.log(`${page}: ${(bytes / 1000).toFixed(1)} kB gzip (${files.join(', ')})`)
  if (page === 'guest' && bytes > most) failed = true
  const stray = files.filter((f) => page !== 'host' && hosts.includes(f))
  if (stray.length > 0) {
    console.error(`${page}: ${stray.join(', ')} is for hosts alone`)
    process.exitCode = 1
  }
}
if (failed) {
  console.error(`the guest's page is larger than ${most / 1000} kB`)
  process.exit(1)
}

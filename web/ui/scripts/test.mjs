// Runs src/**/*.test.ts with Node's own test runner; Vite makes them plain JavaScript first.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, '.test')

const tests = readdirSync(join(root, 'src'), { recursive: true }).filter((f) => f.endsWith('.test.ts'))
rmSync(out, { recursive: true, force: true })
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: true,
    outDir: out,
    rolldownOptions: {
      input: Object.fromEntries(tests.map((f) => [basename(f, '.ts'), join(root, 'src', f)])),
      output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
    },
  },
})
const files = tests.map((f) => join(out, `${basename(f, '.ts')}.mjs`))
process.exit(spawnSync(process.execPath, ['--test', '--test-reporter=dot', ...files], { stdio: 'inherit' }).status ?? 1)

// Builds the page into ../dist, which the gateway embeds. Names carry no hash: the
// server tells versions apart by ETag, and a rebuild of the same source changes nothing.
import preact from '@preact/preset-vite'
import tailwindcss from '@tailwindcss/vite'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const dist = join(import.meta.dirname, '../dist')

/** Removes what an earlier build left behind. The folder is never empty, so that Go can embed it at any moment. */
function prune(): Plugin {
  return {
    name: 'prune',
    writeBundle(_options, bundle) {
      const own = new Set([...Object.keys(bundle), ...readdirSync(join(import.meta.dirname, 'public'))])
      for (const name of readdirSync(dist)) if (!own.has(name)) rmSync(join(dist, name), { recursive: true })
    },
  }
}

export default defineConfig({
  base: '/assets/',
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false }), tailwindcss(), prune()],
  build: {
    outDir: '../dist',
    emptyOutDir: false, // see prune
    target: ['chrome111', 'firefox128', 'safari16.4'],
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        guest: 'src/guest.tsx',
        host: 'src/host.tsx',
        test: 'src/test.tsx',
        theme: 'src/theme.ts',
        style: 'src/style.css',
      },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, tags: ['$initial'] }] },
        assetFileNames: '[name][extname]',
      },
    },
  },
})

// The page in Debian's Chromium against the built gateway.
//
//   rooms  real gateway, real Chromiums, real telephones: who hears whom
//   pages  one browser: states, accessibility, keyboard
//   shots  a picture of every state, into build/shots (make shots)
//
// Everything runs on 127.0.0.1 and on ports that the system chooses. Tests wait for
// what they expect, never for a time.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  outputDir: '../../build/web-results',
  // Two browsers and a phone are as much as one of two cores carries without gaps in
  // the sound, so the tests of rooms come one after the other; pages share the cores.
  workers: 1,
  fullyParallel: false,
  // What shows nothing that another test doesn't, in another way, waits for make soak.
  grepInvert: process.env.SOAK ? [] : /@soak/,
  forbidOnly: !!process.env.CI,
  retries: 1, // a slow minute of the machine is no fault of the page; what is tells so twice
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { actionTimeout: 15_000, navigationTimeout: 20_000 },
  projects: [
    { name: 'rooms', testMatch: 'rooms/*.spec.ts' },
    { name: 'pages', testMatch: 'pages/*.spec.ts' },
    { name: 'shots', testMatch: 'shots/*.spec.ts' },
  ],
})

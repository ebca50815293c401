// Pages that are read without scripts, and what every page promises.
import { expect, test } from '../fixtures.ts'
import { build, type House } from '../states.ts'

let house: House
test.beforeAll(async () => {
  house = await build()
})
test.afterAll(async () => {
  await house?.gateway.stop()
})

test('dial-in and the guest page say how to call, without JavaScript', async ({ browse }) => {
  const page = await browse({ context: { javaScriptEnabled: false } })
  const { gateway, open } = house
  await page.goto(`${gateway.url}/dial-in/${open.extension}`)
  await expect(page.getByText('+41 44 555 01 00')).toBeVisible()
  await expect(page.getByRole('link', { name: /\+41 44 555 01 00/ })).toHaveAttribute('href', /^tel:\+41445550100/)
  const known = await page.getByRole('main').innerText()
  await page.goto(`${gateway.url}/dial-in/999999999`)
  const unknown = await page.getByRole('main').innerText()
  expect(unknown.replaceAll('999999999', open.extension), 'an unknown extension answers alike').toBe(known)

  await page.goto(gateway.url + new URL(open.guest_link).pathname)
  await expect(page.getByRole('heading', { name: 'Quarterly review' })).toBeVisible()
  await expect(page.getByRole('link', { name: /\+41 44 555 01 00/ })).toHaveAttribute('href', `tel:+41445550100,,${open.extension},,${open.pin}`)
})

test('no request leaves the gateway, nothing breaks its policy', async ({ browse }) => {
  const page = await browse()
  const elsewhere: string[] = []
  const problems: string[] = []
  page.on('request', (r) => {
    if (!r.url().startsWith(house.gateway.url) && !/^(data|blob):/.test(r.url())) elsewhere.push(r.url())
  })
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) problems.push(m.text())
  })
  page.on('pageerror', (e) => problems.push(String(e)))
  for (const path of [new URL(house.open.guest_link).pathname, '/', '/test', `/dial-in/${house.open.extension}`, '/nothing']) {
    const answer = await page.goto(house.gateway.url + path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const headers = answer!.headers()
    expect(headers['content-security-policy'], path).toMatch(/default-src 'none'; .*script-src 'self'/)
    expect(headers['referrer-policy'], path).toBe('no-referrer')
    expect(headers['x-content-type-options'], path).toBe('nosniff')
  }
  expect(elsewhere).toEqual([])
  expect(problems).toEqual([])
})

test('it speaks the language of the browser', async ({ browse }) => {
  for (const [locale, words] of [
    ['de-CH', 'Ihr Name'],
    ['fr-FR', /nom/i],
    ['it-IT', /nome/i],
    ['es-ES', /nombre/i],
  ] as const) {
    const page = await browse({ context: { locale } })
    await page.goto(house.gateway.url + new URL(house.open.guest_link).pathname)
    await expect(page.getByRole('textbox', { name: words })).toBeVisible()
    await expect(page.locator('html')).toHaveAttribute('lang', locale.slice(0, 2))
  }
})

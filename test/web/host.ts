// The host of the tests, signed in: in a browser, or at the API.
import { expect, type Page, request } from '@playwright/test'
import { account, type Gateway } from './gateway.ts'

export async function signIn(page: Page, gateway: Gateway): Promise<void> {
  const { email, password } = account
  const answer = await page.request.post(`${gateway.url}/api/v1/session`, { data: { email, password } })
  expect(answer.status(), await answer.text()).toBeLessThan(300)
}

/** The API as the host of the tests. */
export async function asHost<T>(gateway: Gateway, act: (ask: <A>(method: string, path: string, data?: object) => Promise<A>) => Promise<T>): Promise<T> {
  const context = await request.newContext({ baseURL: gateway.url })
  const ask = async <A>(method: string, path: string, data?: object): Promise<A> => {
    const answer = await context.fetch(`/api/v1${path}`, { method, data })
    expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
    return (answer.status() === 204 ? undefined : await answer.json()) as A
  }
  try {
    await ask('POST', '/session', { email: account.email, password: account.password })
    return await act(ask)
  } finally {
    await context.dispose()
  }
}

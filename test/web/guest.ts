// The page as a person sees it: by roles and names, never by classes.
import { expect, type Locator, type Page } from '@playwright/test'
import { listen } from './browser.ts'

export class Guest {
  constructor(readonly page: Page) {}

  get name(): Locator {
    return this.page.getByRole('textbox', { name: 'Your name' })
  }

  get joinButton(): Locator {
    return this.page.getByRole('button', { name: /^Join( and listen only)?$/ })
  }

  /** The bar of buttons in the call. */
  get controls(): Locator {
    return this.page.getByRole('navigation', { name: 'Call controls' })
  }

  control(name: string | RegExp): Locator {
    return this.controls.getByRole('button', { name, exact: typeof name === 'string' })
  }

  /** Presses a control, which on a narrow screen may be behind More. */
  async press(name: string): Promise<void> {
    const more = this.control('More')
    await expect(this.control(name).or(more).first()).toBeVisible()
    if (await this.control(name).isVisible()) return this.control(name).click()
    await more.click()
    await this.page.getByRole('dialog').getByRole('button', { name }).click()
  }

  async join(name: string): Promise<void> {
    await this.name.fill(name)
    await this.joinButton.click()
  }

  /** From the room's own page, signed in. */
  async joinAsHost(): Promise<void> {
    await this.joinButton.click()
    await this.inRoom()
  }

  /** The host's panel beside the call. */
  get panel(): Locator {
    return this.page.getByRole('complementary', { name: 'Manage' })
  }

  async inRoom(): Promise<void> {
    await this.arrive(this.controls)
  }

  async inLobby(): Promise<void> {
    await this.arrive(this.page.getByRole('heading', { name: 'Almost there' }))
  }

  // A gateway whose machine is held up (a browser that starts is enough, on two cores)
  // refuses calls for a moment; who comes tries again.
  private async arrive(there: Locator): Promise<void> {
    const busy = this.page.getByRole('heading', { name: 'Too busy right now' })
    await expect(async () => {
      await expect(there.or(busy).first()).toBeVisible({ timeout: 20_000 })
      if (await busy.isVisible()) await this.page.getByRole('button', { name: 'Try again' }).click()
      await expect(there).toBeVisible({ timeout: 3_000 })
    }).toPass({ timeout: 40_000 })
  }

  /** Waits until sound flows both ways. */
  async connected(): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => window.testConnections.at(-1)?.connectionState), { message: 'media is connected', timeout: 20_000 })
      .toBe('connected')
  }

  get people(): Locator {
    return this.page.getByRole('main').getByRole('region', { name: 'People in the meeting' }).getByRole('listitem')
  }

  person(name: string | RegExp): Locator {
    return this.people.filter({ hasText: name })
  }

  hears(seconds: number): Promise<Float32Array> {
    return listen(this.page, seconds)
  }

  /** What screen readers are told, politely or at once. */
  get news(): Locator {
    return this.page.locator('[aria-live]')
  }

  /** Says it for as long as it takes for words to be gone again: kept from now on. */
  async keepNews(): Promise<() => Promise<string[]>> {
    await this.page.evaluate(() => {
      const said: string[] = []
      Object.assign(window, { testNews: said })
      const note = () => {
        for (const r of document.querySelectorAll('[aria-live]')) {
          const text = r.textContent?.trim()
          if (text && said.at(-1) !== text) said.push(text)
        }
      }
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true })
    })
    return () => this.page.evaluate(() => (window as unknown as { testNews: string[] }).testNews)
  }
}

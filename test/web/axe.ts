// Accessibility rules, WCAG 2.2 A and AA, on the page as it is.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

/** Asks axe; it has to find nothing. */
export async function accessible(page: Page, what: string): Promise<void> {
  // Colours in the midst of a transition are no colours of the page.
  await page.evaluate(() => {
    for (const a of document.getAnimations()) if (a.effect?.getComputedTiming().endTime !== Infinity) a.finish()
  })
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze()
  const found = violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => `${n.target.join(' ')}  ${n.failureSummary?.split('\n').slice(1).join(';')}`).join('\n  ')}`)
  expect.soft(found, `axe, ${what}`).toEqual([])
}

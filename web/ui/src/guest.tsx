// The guest's page: /j/TOKEN.
import { render } from 'preact'
import { page } from './page.ts'
import { Arrival } from './prejoin/Arrival.tsx'
import { sayOpened } from './prejoin/useOpening.ts'

const app = document.getElementById('app')
if (app && page.link) {
  sayOpened(page.link.token)
  app.replaceChildren()
  render(<Arrival first={page.link} />, app)
}

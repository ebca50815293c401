// The test page: /test.
import { render } from 'preact'
import { TestPage } from './test/TestPage.tsx'

const app = document.getElementById('app')
if (app) {
  app.replaceChildren()
  render(<TestPage />, app)
}

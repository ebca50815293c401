// The host's pages: / and /rooms/ID.
import { render } from 'preact'
import { HostApp } from './rooms/HostApp.tsx'

const app = document.getElementById('app')
if (app) {
  app.replaceChildren()
  render(<HostApp />, app)
}

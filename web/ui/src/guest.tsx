// The guest's page: /j/TOKEN.
import { render } from 'preact'
import { Meeting } from './call/Meeting.tsx'
import { t } from './i18n.ts'
import { page } from './page.ts'

const app = document.getElementById('app')
if (app && page.link) {
  const { token, title, names } = page.link
  app.replaceChildren()
  render(<Meeting target={{ link: token }} title={title || t('ui.meeting')} names={names} suggested={page.user?.name} />, app)
}

// The meetings' pages, in a script of their own: guests never load it.
export { EditPage } from './EditPage.tsx'
export { ListPage } from './ListPage.tsx'
export { MeetingPage } from './MeetingPage.tsx'
export { NewPage } from './NewPage.tsx'

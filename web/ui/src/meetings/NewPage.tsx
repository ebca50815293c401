// A new meeting: the form, a look at what it makes, then yes. The look has an address of
// its own, so that the browser's back button leads to the form, as it was.
import { ArrowLeft, ArrowRight, Check } from 'lucide-preact'
import { useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { announce } from '../parts/news.tsx'
import { HostPage } from '../rooms/HostPage.tsx'
import { go, meetingPath, place } from '../rooms/route.ts'
import { toFirstMistake } from '../rooms/useForm.ts'
import { MeetingForm } from './MeetingForm.tsx'
import { Review } from './Review.tsx'
import { useBooking } from './useBooking.ts'

export function NewPage() {
  const booking = useBooking()
  const form = useRef<HTMLFormElement>(null)
  const { draft, errors, error, busy } = booking
  const preview = booking.preview()

  function mistakes() {
    const count = Object.keys(errors.value).length
    if (count > 0) announce(t('ui.meetings.check', { Count: count }), true)
    setTimeout(() => toFirstMistake(form.current))
  }
  async function look(e: Event) {
    e.preventDefault()
    if (await booking.look()) go('/meetings/new?review')
    else mistakes()
  }
  async function confirm() {
    const made = await booking.confirm()
    if (made) return go(`${meetingPath(made.id)}?scheduled`, true)
    if (Object.keys(errors.value).length === 0) return
    history.back()
    setTimeout(mistakes, 50) // after the form is there again
  }

  const failure = error.value && (
    <p role="alert" class="text-error mt-4 font-medium">
      {error}
    </p>
  )
  if (place.value.query === '?review' && preview?.errors.length === 0) {
    return (
      <HostPage key="review" title={t('ui.meetings.review')} lead={t('ui.meetings.step', { Step: 2, Steps: 2 })} narrow>
        <div class="sheet p-5 sm:p-6">
          <Review draft={draft.value} preview={preview} />
          {failure}
          <div class="mt-6 flex flex-wrap-reverse justify-between gap-3">
            <button type="button" class="btn btn-soft btn-lg" onClick={() => history.back()}>
              <ArrowLeft class="icon" aria-hidden="true" />
              {t('ui.meetings.back')}
            </button>
            <button type="button" class="btn btn-primary btn-lg flex-1 sm:flex-none" disabled={busy.value} onClick={() => void confirm()}>
              <Check class="icon" aria-hidden="true" />
              {t('ui.meetings.confirm')}
            </button>
          </div>
        </div>
      </HostPage>
    )
  }
  return (
    <HostPage key="form" title={t('ui.meetings.new')} lead={t('ui.meetings.step', { Step: 1, Steps: 2 })} narrow>
      <form ref={form} class="sheet p-5 sm:p-6" onSubmit={(e) => void look(e)} noValidate>
        <MeetingForm draft={draft} errors={errors.value} isNew />
        {failure}
        <div class="border-base-300 -mx-5 mt-2 flex justify-end border-t px-5 pt-5 sm:-mx-6 sm:px-6">
          <button class="btn btn-primary btn-lg w-full sm:w-auto" disabled={busy.value}>
            {t('ui.meetings.toreview')}
            <ArrowRight class="icon" aria-hidden="true" />
          </button>
        </div>
      </form>
    </HostPage>
  )
}

// A labelled list to choose from, and a switch; both with room for a word of help.
import { useId } from 'preact/hooks'

interface SelectProps {
  label: string
  value: string
  options: [value: string, label: string][]
  onChange(value: string): void
  error?: string
}

export function Select({ label, value, options, onChange, error }: SelectProps) {
  const id = useId()
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-sm font-semibold">
        {label}
      </label>
      <select id={id} class="select select-lg" value={value} onChange={(e) => onChange(e.currentTarget.value)} aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}-told` : undefined}>
        {options.map(([v, text]) => (
          <option key={v} value={v}>
            {text}
          </option>
        ))}
      </select>
      {error && (
        <p id={`${id}-told`} class="text-error text-sm font-medium">
          {error}
        </p>
      )}
    </div>
  )
}

interface SwitchProps {
  label: string
  help?: string
  on: boolean
  onChange(on: boolean): void
}

export function Switch({ label, help, on, onChange }: SwitchProps) {
  const id = useId()
  return (
    <label class="flex cursor-pointer items-center gap-4 py-2.5">
      <span class="flex-1">
        <span class="block font-medium">{label}</span>
        {help && (
          <span id={id} class="soft block text-sm">
            {help}
          </span>
        )}
      </span>
      <input type="checkbox" role="switch" class="toggle toggle-primary" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} aria-label={label} aria-describedby={help ? id : undefined} />
    </label>
  )
}

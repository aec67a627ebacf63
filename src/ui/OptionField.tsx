import type { OptionDescription } from '../workers/api'
import { CheckField, ChoiceField, NumberField, WordField } from './fields'

interface OptionFieldProps {
  readonly option: OptionDescription
  readonly value: unknown
  readonly problem: string | undefined
  readonly disabled: boolean
  readonly onChange: (value: unknown) => void
}

/** The control that an option's description asks for. */
export function OptionField({ option, value, problem, disabled, onChange }: OptionFieldProps) {
  const common = { label: option.label, help: option.help, problem, disabled, onChange }
  switch (option.type) {
    case 'number':
      return (
        <NumberField
          {...common}
          value={typeof value === 'number' ? value : Number.NaN}
          min={option.min}
          max={option.max}
          step={option.step}
        />
      )
    case 'choice':
      return <ChoiceField {...common} value={value as string | number} choices={option.choices} />
    case 'text':
      return <WordField {...common} value={typeof value === 'string' ? value : ''} placeholder={option.placeholder} />
    case 'boolean':
      return <CheckField {...common} value={value === true} />
  }
}

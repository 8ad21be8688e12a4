/** Both ends' TCP and the seed: what holds from the next start. */
import type { JSX } from 'preact';
import { partsOf } from '../../src/app/playgroundSettings.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { stacks } from '../../src/tcp/config.ts';
import { change, draft, flaw, restart } from './state.ts';

const ARQS = [
  ['tcp', 'TCP'],
  ['selective-repeat', 'selective repeat'],
  ['go-back-n', 'go-back-N'],
] as const;

/** Of TCP; the other manners of repeating have a fixed window. */
const CHOICES = [
  ['congestion', 'Congestion control', ['cubic', 'newreno', 'bbr', 'bbr3']],
  ['ecn', 'ECN', ['off', 'accept', 'on']],
] as const;

const SWITCHES = [
  ['sack', 'SACK'],
  ['timestamps', 'Timestamps'],
  ['windowScaling', 'Window scaling'],
  ['nagle', 'Nagle'],
  ['pacing', 'Pacing'],
] as const;

const NUMBERS = [
  ['window', 'Fixed window, segments'],
  ['receiveBuffer', 'Receive buffer, bytes'],
  ['initialWindow', 'Initial window, segments'],
  ['delayedAck', 'Delayed ACK, ms'],
  ['minimumRto', 'Minimum RTO, ms'],
  ['initialRto', 'Initial RTO, ms'],
] as const;

/** Keeps what the panel showed while settings cannot be read. */
let last: TcpConfig = stacks.linux;

export function Ends(): JSX.Element {
  if (flaw.value === '') last = partsOf(draft.value).tcp;
  const tcp = last;
  const { stack, arq, mss, seed, knobs } = draft.value;
  const knob = (name: keyof TcpConfig, value: unknown): void =>
    change({ knobs: { ...knobs, [name]: value } });
  return (
    <section aria-label="Ends">
      <h3>Both ends (from the next start)</h3>
      <div class="grid">
        <Choice
          label="Stack"
          value={stack}
          options={Object.keys(stacks).map((name) => [name, name])}
          onChange={(value) => change({ stack: value })}
        />
        <Choice
          label="Repeats by"
          value={arq ?? ''}
          options={[['', `profile (${tcp.arq})`], ...ARQS]}
          onChange={(value) => change({ arq: value === '' ? undefined : value })}
        />
        {CHOICES.map(([name, label, options]) => (
          <Choice
            key={name}
            label={label}
            value={knobs?.[name] ?? ''}
            options={[['', `stack (${tcp[name]})`], ...options.map((each) => [each, each] as const)]}
            onChange={(value) => knob(name, value === '' ? undefined : value)}
          />
        ))}
        <Field
          label="MSS, bytes"
          value={mss}
          placeholder={tcp.mss === 0 ? 'as the MTU' : String(tcp.mss)}
          onChange={(value) => change({ mss: value })}
        />
        <Field label="Seed" value={seed} placeholder="1" onChange={(value) => change({ seed: value ?? 1 })} />
        {NUMBERS.map(([name, label]) => (
          <Field
            key={name}
            label={label}
            value={knobs?.[name]}
            placeholder={String(tcp[name])}
            onChange={(value) => knob(name, value)}
          />
        ))}
      </div>
      <div class="switches">
        {SWITCHES.map(([name, label]) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={tcp[name]}
              onChange={({ currentTarget }) => knob(name, currentTarget.checked)}
            />
            {label}
          </label>
        ))}
      </div>
      <div class="row">
        <button type="button" onClick={() => restart(true)}>
          Start again
        </button>
        <button
          type="button"
          onClick={() => {
            change({ seed: seed + 1 });
            restart(true);
          }}
        >
          Next seed
        </button>
      </div>
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: number | undefined;
  /** What holds when nothing is set. */
  readonly placeholder: string;
  readonly onChange: (value: number | undefined) => void;
}

function Field({ label, value, placeholder, onChange }: FieldProps): JSX.Element {
  const set = (text: string): void => onChange(text.trim() === '' ? undefined : Number(text));
  return (
    <label>
      <span>{label}</span>
      <input
        type="text"
        inputMode="numeric"
        placeholder={placeholder}
        value={value === undefined ? '' : String(value)}
        onChange={({ currentTarget }) => set(currentTarget.value)}
      />
    </label>
  );
}

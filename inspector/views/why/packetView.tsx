/** A packet's headers with names, and its bytes; pointing at one lights the other, and a flipped bit is marked. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TraceModel } from '../../model/traceModel.ts';
import { packetAt, packetBytes } from './chain.ts';
import { type Field, fieldsOf } from './fields.ts';

/** Bytes that are shown. */
const SHOWN = 512;
const LINE = 16;

export function PacketView({ model, row }: { model: TraceModel; row: number }): JSX.Element {
  const pointed = useSignal<number | undefined>(undefined);
  const { bytes, flipped } = useMemo(() => packetBytes(model, row), [model, row]);
  const fields = useMemo(() => fieldsOf(bytes), [bytes]);
  const damaged =
    flipped < 0 ? -1 : fields.findIndex(({ from, to }) => flipped >> 3 >= from && flipped >> 3 < to);
  const size = model.packets.size.at(packetAt(model, row));
  return (
    <section class="packet" aria-label="The packet">
      <h3>
        Packet, {size} bytes
        {flipped >= 0 && (
          <em class="damage">
            {' '}
            ↯ bit {flipped} flipped{damaged >= 0 && `, in ${fields[damaged]!.name}`}
          </em>
        )}
      </h3>
      <Fields
        fields={fields}
        pointed={pointed.value}
        damaged={damaged}
        onPoint={(i) => (pointed.value = i)}
      />
      <Bytes
        bytes={bytes}
        fields={fields}
        pointed={pointed.value}
        flipped={flipped}
        onPoint={(i) => (pointed.value = i)}
      />
      {bytes.length < size && <p class="quiet">Of this packet only {bytes.length} bytes were kept.</p>}
    </section>
  );
}

interface FieldsProps {
  readonly fields: readonly Field[];
  readonly pointed: number | undefined;
  readonly damaged: number;
  readonly onPoint: (field: number | undefined) => void;
}

function Fields({ fields, pointed, damaged, onPoint }: FieldsProps): JSX.Element {
  return (
    <table class="fields">
      <tbody>
        {fields.map((field, i) => (
          <tr
            key={`${field.from} ${field.name}`}
            class={`${pointed === i ? 'pointed' : ''}${damaged === i ? ' damaged' : ''}`}
            onPointerEnter={() => onPoint(i)}
            onPointerLeave={() => onPoint(undefined)}
          >
            <th scope="row">
              {field.layer !== fields[i - 1]?.layer && <small>{field.layer}</small>}
              {field.name}
            </th>
            <td>
              {damaged === i && <span title="damaged">↯ </span>}
              {field.value}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface BytesProps {
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
  readonly pointed: number | undefined;
  readonly flipped: number;
  readonly onPoint: (field: number | undefined) => void;
}

function Bytes({ bytes, fields, pointed, flipped, onPoint }: BytesProps): JSX.Element {
  const shown = bytes.subarray(0, SHOWN);
  const lines = Array.from({ length: Math.ceil(shown.length / LINE) }, (_, i) => i * LINE);
  const fieldAt = (at: number): number => fields.findIndex(({ from, to }) => at >= from && at < to);
  const classOf = (at: number): string => {
    const field = fieldAt(at);
    const lit = pointed !== undefined && field === pointed ? 'pointed' : field % 2 === 0 ? 'even' : '';
    return flipped >= 0 && flipped >> 3 === at ? `${lit} damaged` : lit;
  };
  return (
    <div class="bytes" role="img" aria-label={`${bytes.length} bytes in hexadecimal`}>
      {lines.map((from) => (
        <div key={from}>
          <i>{from.toString(16).padStart(4, '0')}</i>
          {[...shown.subarray(from, from + LINE)].map((byte, i) => (
            <span
              key={i}
              class={classOf(from + i)}
              onPointerEnter={() => onPoint(fieldAt(from + i))}
              onPointerLeave={() => onPoint(undefined)}
            >
              {byte.toString(16).padStart(2, '0')}
            </span>
          ))}
        </div>
      ))}
      {bytes.length > SHOWN && <p class="quiet">and {bytes.length - SHOWN} bytes more</p>}
    </div>
  );
}

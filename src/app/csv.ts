/**
 * One record of comma-separated values as text (RFC 4180 section 2), both ways.
 *
 * It decides what is quoted and what a quote means. Where a record ends in a stream of bytes is `lines.ts`.
 * One liberty beyond the RFC: a quote inside an unquoted field (`5"`) is an ordinary character.
 */

/** A field as it stands in a record: quoted only where it must be (section 2, rules 6 and 7). */
export function formatField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Fields joined by commas, without a line end. */
export function formatRecord(fields: readonly string[]): string {
  return fields.map(formatField).join(',');
}

/**
 * The fields of a record given without its line end; an empty text is one empty field.
 * Undefined when a quote stays open or something follows a closing quote.
 */
export function parseRecord(text: string): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const end = text[at] === '"' ? quotedEnd(text, at) : unquotedEnd(text, at);
    if (end === undefined) return undefined;
    const raw = text.slice(at, end);
    fields.push(raw[0] === '"' ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === text.length) return fields;
    at = end + 1;
  }
}

/** Index of the comma after the unquoted field at `from`, or the end of the text. */
function unquotedEnd(text: string, from: number): number {
  const comma = text.indexOf(',', from);
  return comma < 0 ? text.length : comma;
}

/** The same for the quoted field at `from`; undefined when it is not well formed. */
function quotedEnd(text: string, from: number): number | undefined {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    if (text[quote + 1] !== '"') {
      return quote + 1 === text.length || text[quote + 1] === ',' ? quote + 1 : undefined;
    }
    at = quote + 2;
  }
}

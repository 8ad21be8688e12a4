/** The form of the tables of reasons. */

/** By step: the section that speaks of it, empty when none does, and what it asks for. */
export type ReasonTable = Readonly<Record<string, readonly [rfc: string, text: string]>>;

export const TCP = 'RFC 9293 section ';

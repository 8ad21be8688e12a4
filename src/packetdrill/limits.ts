/** How much a script may ask for: what is beyond is an error that says so, never a hang or a heap that grows. */

/** Characters of a script, after -D has put its values in. */
export const LONGEST_SCRIPT = 1 << 20;
export const MOST_EVENTS = 20_000;
/** us: ten years of 365 days. */
export const LONGEST_TIME = 3650 * 86_400_000_000;
/** Deadlines of the stack that a run lets pass. */
export const MOST_STEPS = 200_000;
/** Packets on the wire, both ways. */
export const MOST_PACKETS = 50_000;
/** Bytes that the calls of a script read or write together. */
export const MOST_BYTES = 1 << 30;
/** Connections at a time. */
export const MOST_CONNECTIONS = 1000;
/** Operators between the values of one expression, such as the flags of a call. */
export const MOST_OPERATORS = 64;
/** Names that the code of a script gives to values. */
export const MOST_VARIABLES = 100;
/** Letters of one command. */
export const LONGEST_COMMAND = 1 << 14;

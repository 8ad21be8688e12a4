/** The one stream of events, and what is drawn from it. */
export type * from './event.ts';
export { eventLine, headerLine } from './json.ts';
export { parseTrace, TraceError, TraceParser } from './jsonParse.ts';
export { Ladder, type LadderOptions, type LadderRole, type LadderStyle } from './ladder.ts';
export { type PcapngSinkOptions, PcapngWriter, pcapngSink } from './pcapng.ts';
export { summarizePacket, summarizeSegment } from './summary.ts';
export { Trace } from './trace.ts';

/** Captures of tcpdump and Wireshark: read, sorted into connections, and made a trace. */
export { type CapturedConnection, connectionsOf, type Opening } from './connections.ts';
export type { CaptureDirection, CaptureWarning } from './frame.ts';
export type { ChecksumState, NotShown } from './ipLayer.ts';
export type { CapturedAt } from './passages.ts';
export {
  type CapturedSegment,
  type CaptureOptions,
  type CaptureResult,
  isCapture,
  readCapture,
} from './read.ts';
export { type CaptureTrace, type CaptureTraceOptions, traceOf } from './trace.ts';

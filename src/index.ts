/** Statewire as a library: hosts, links, charts' engines, time, traces, and the key-value session. */

export * from './app/index.ts';
export * from './channel/index.ts';
export * from './chart/index.ts';
export * from './tcp/index.ts';
export * from './time/index.ts';
export * from './trace/index.ts';

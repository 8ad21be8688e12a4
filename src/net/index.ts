/// <reference types="node" preserve="true" />
/** `statewire/net`: sockets with node:net's API on a Statewire host. */
export type { LinkConfig } from '../channel/profiles.ts';
export type { Net } from './createNet.ts';
export { type Impairments, parseLink, type TwoWays } from './linkOptions.ts';
export type { HostNames, Lookup, LookupAddress, LookupCallback, LookupOptions } from './lookup.ts';
export type { Driver } from './loop.ts';
export { type CreateNetOptions, createNet, openNet, type StatewireNet } from './open.ts';
export { relay, type Ways } from './relay.ts';
export { RunningHost, type RunningHostOptions } from './runningHost.ts';

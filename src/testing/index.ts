/// <reference types="node" preserve="true" />
/** `statewire/testing`: networks in virtual time for the tests of programs that use sockets. */
export type { Impairments, TwoWays } from '../net/linkOptions.ts';
export type { FakeTimers } from './fakeTimers.ts';
export { TestHost } from './host.ts';
export { createNetwork, type Duration, type HostSettings, Network, type NetworkOptions } from './network.ts';

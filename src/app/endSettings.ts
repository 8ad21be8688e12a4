/**
 * Both ends' TCP as a person sets it: a stack's defaults, a profile's promises over them, values over both. Where the
 * values come from (flags, a page) is the caller's business.
 */
import type { Profile } from '../channel/profiles.ts';
import {
  type Arq,
  type EcnUse,
  resolveConfig,
  type StackName,
  stacks,
  type TcpConfig,
} from '../tcp/config.ts';
import type { CongestionName } from '../tcp/congestion/congestion.ts';
import { present } from './linkSettings.ts';

/**
 * How long a connection goes on trying, ms: no luck is so bad in all the profiles, and a link that carries nothing
 * ends within a page or two.
 */
const PATIENCE = 3_600_000;

/** Segments of an Ethernet's size need no larger MTU; larger ones need 40 bytes more for their headers. */
const ETHERNET = 1500;
const HEADERS = 40;

/** What was given; what was not is undefined. */
export interface EndSettings {
  readonly profile: Profile;
  readonly stack: StackName;
  /** How what is lost is sent again; as the profile says unless given. */
  readonly arq?: Arq;
  /** As the stack says unless given. */
  readonly congestion?: CongestionName;
  /** As the stack says unless given. */
  readonly ecn?: EcnUse;
  /** bytes */
  readonly mss?: number;
}

/** How what is lost is sent again. */
export function arqOf({ arq, profile }: EndSettings): Arq {
  return arq ?? profile.endpoint.arq ?? 'tcp';
}

/**
 * All settings, so that a trace's header says them whatever later defaults are. `knobs` go over everything.
 * @throws {RangeError} when one of them cannot be
 */
export function tcpOf(
  settings: EndSettings,
  arq: Arq = arqOf(settings),
  knobs: Partial<TcpConfig> = {},
): TcpConfig {
  const { endpoint } = settings.profile;
  const mss = settings.mss ?? endpoint.mss;
  const stack = stacks[settings.stack];
  const receiveBuffer = receiveBufferOf(settings);
  const config: TcpConfig = {
    ...stack,
    r2: PATIENCE,
    synR2: PATIENCE,
    maximumRto: Math.min(stack.maximumRto, 60_000),
    ...present({ mss, window: endpoint.window, receiveBuffer }),
    // What is given stays as it is
    ...(receiveBuffer !== undefined && { receiveBufferMax: 0 }),
    ...(mss !== undefined && { mtu: Math.max(ETHERNET, mss + HEADERS) }),
    arq,
    ...present({ congestion: settings.congestion, ecn: settings.ecn }),
    ...knobs,
  };
  resolveConfig(config, settings.stack);
  return config;
}

/** A profile with small segments has a buffer of so many of them: it grows and shrinks with the size given. */
function receiveBufferOf({ mss, profile }: EndSettings): number | undefined {
  const { mss: usual, receiveBuffer } = profile.endpoint;
  if (receiveBuffer === undefined || usual === undefined || mss === undefined) return receiveBuffer;
  return Math.ceil(receiveBuffer / usual) * mss;
}

/**
 * Finds the IP packet in a frame: Ethernet with VLAN tags, Linux "cooked" captures, loopback, raw IP. Whether it is one
 * that can be read is left to `ipLayer.ts`.
 */
import type { CaptureDirection } from './frame.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad and what came before it. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200, 0x9300]);
/** More tags than this on one frame are no network's. */
const MAX_TAGS = 8;

/** sll_pkttype: sent by this machine; those below 3 came to it, 3 passed by. */
const SLL_OUTGOING = 4;
const SLL_OTHER_HOST = 3;

/** AF_INET is 2 everywhere; AF_INET6 is Linux's, the BSDs', FreeBSD's, macOS's. */
const FAMILIES: ReadonlySet<number> = new Set([2, 10, 24, 28, 30]);

/** Where the IP packet begins, and what the link layer says besides. */
export interface LinkPayload {
  readonly offset: number;
  readonly direction?: CaptureDirection | undefined;
  /** Which of the machine's interfaces, where one capture is of all of them. */
  readonly device?: number;
}

/** Can frames of this LINKTYPE_ be read? */
export function isKnownLinkType(linkType: number): boolean {
  return LAYERS.has(linkType);
}

/** Where the IP packet in a frame is; undefined when it holds none, or not enough of the frame was captured. */
export function linkPayload(linkType: number, frame: Uint8Array): LinkPayload | undefined {
  return LAYERS.get(linkType)?.(frame);
}

type Layer = (frame: Uint8Array) => LinkPayload | undefined;

const RAW_IP: LinkPayload = { offset: 0 };

const raw: Layer = () => RAW_IP;

/** LINKTYPE_ values */
const LAYERS: ReadonlyMap<number, Layer> = new Map([
  [0, loopback],
  [1, ethernet],
  [12, raw],
  [14, raw],
  [101, raw],
  [108, loopback],
  [113, cooked],
  [228, raw],
  [229, raw],
  [276, cooked2],
]);

function ethernet(frame: Uint8Array): LinkPayload | undefined {
  const offset = behindTags(frame, 12, 14);
  return offset < 0 ? undefined : { offset };
}

/** Linux cooked capture, version 1: packet type, ARPHRD_ type, address, protocol. */
function cooked(frame: Uint8Array): LinkPayload | undefined {
  const offset = behindTags(frame, 14, 16);
  return offset < 0 ? undefined : { offset, direction: cookedDirection(uint16(frame, 0)) };
}

/** Version 2: protocol first, and the interface's index. */
function cooked2(frame: Uint8Array): LinkPayload | undefined {
  const offset = behindTags(frame, 0, 20);
  if (offset < 0) return undefined;
  const device = uint16(frame, 4) * 0x10000 + uint16(frame, 6);
  return { offset, direction: cookedDirection(frame[10]!), device };
}

function cookedDirection(type: number): CaptureDirection | undefined {
  if (type === SLL_OUTGOING) return 'outbound';
  return type < SLL_OTHER_HOST ? 'inbound' : undefined;
}

/** BSD loopback: four bytes with the address family, in the byte order of the machine (0) or of the network (108). */
function loopback(frame: Uint8Array): LinkPayload | undefined {
  if (frame.length < 4) return undefined;
  const family = frame[0] === 0 && frame[1] === 0 ? uint16(frame, 2) : frame[0]! + frame[1]! * 256;
  return FAMILIES.has(family) ? { offset: 4 } : undefined;
}

/** From a protocol's place and its payload's, over VLAN tags, to the start of an IP packet; -1 for other protocols. */
function behindTags(frame: Uint8Array, typeAt: number, payloadAt: number): number {
  let offset = payloadAt;
  let type = offset <= frame.length ? uint16(frame, typeAt) : 0;
  for (let tags = 0; VLAN_TAGS.has(type) && tags < MAX_TAGS; tags++) {
    if (offset + 4 > frame.length) return -1;
    type = uint16(frame, offset + 2);
    offset += 4;
  }
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 ? offset : -1;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

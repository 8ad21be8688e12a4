/**
 * Shell commands of a script: read for what they ask, never executed. sysctl sets knobs, sockstat asks for a state,
 * tcpdrop deletes a connection; what only prepares a machine is ignored, and the rest is unsupported.
 */
import type { TcpConfig } from '../tcp/config.ts';
import { stateNamed } from './constants.ts';
import { knobEffect } from './knobs.ts';
import { LONGEST_COMMAND } from './limits.ts';

/** One thing that a command asks for. */
export type Order =
  /** sysctl: these settings from now on; `name` is the variable's. */
  | { readonly kind: 'knob'; readonly name: string; readonly text: string; readonly tcp: Partial<TcpConfig> }
  /** sockstat: as many sockets as that are in the state. */
  | { readonly kind: 'state'; readonly state: string; readonly count: number }
  /** tcpdrop: connections in the state are deleted. */
  | { readonly kind: 'drop'; readonly state: string }
  | { readonly kind: 'ignored'; readonly text: string }
  /** sysctl: a variable that the stack does not have, or not with this value. */
  | { readonly kind: 'lacking'; readonly text: string; readonly what: string }
  | { readonly kind: 'unsupported'; readonly what: string };

/** Prepares a machine that is not there: defaults of Linux, offloads, caches, modules. */
const HARMLESS =
  /^(?:(?:\S*\/)?defaults\.sh|ethtool\b|modprobe\b|kldload\b|sync$|true|:|ip tcp_metrics flush|tc qdisc (?:add|replace|change) dev \S+ root (?:handle \S+ )?(?:pfifo|pfifo_fast|fq_codel|fq)$)/;
const SYSCTL = /^(?:\S*\/)?(?:sysctl|set_sysctls\.py)\s+(.*)$/;
const ASSIGNMENT = /([\w./-]+)\s*=\s*("[^"]*"|'[^']*'|\S+)/g;

/** What a command asks for, in order. */
export function readCommand(text: string): Order[] {
  if (text.length > LONGEST_COMMAND) {
    return [{ kind: 'unsupported', what: `a command of over ${LONGEST_COMMAND} letters` }];
  }
  return simpleCommands(text).flatMap(readOne);
}

/** Single commands, without comments, redirections and what is done when they fail. */
function simpleCommands(text: string): string[] {
  return text
    .replace(/\\\n/g, ' ')
    .replace(/[ \t\r]+/g, ' ')
    .split(/\n|;|&&/)
    .map((command) =>
      command
        .replace(/(?:^| )#.*$/, '')
        .replace(/^ ?echo (.*) > ?(\/proc\/sys\/\S+) ?$/, 'sysctl $2=$1')
        .replace(/ ?(?:\|\|.*|\d?>&\d|&?\d?> ?\S+)/g, '')
        .trim(),
    )
    .filter((command) => command !== '');
}

function readOne(command: string): Order[] {
  const sysctl = SYSCTL.exec(command)?.[1];
  if (sysctl !== undefined) return readSysctl(sysctl, command);
  if (/^sockstat\b/.test(command)) return [readSockstat(command)];
  const drop = /^tcpdrop (?:-\w+ )*-s (\w+)$/.exec(command)?.[1];
  const state = drop === undefined ? undefined : stateNamed(drop);
  if (state !== undefined) return [{ kind: 'drop', state }];
  if (HARMLESS.test(command)) return [{ kind: 'ignored', text: command }];
  return [unsupported(command)];
}

const unsupported = (command: string): Order => ({ kind: 'unsupported', what: `the command '${command}'` });

/** `-w net.inet.tcp.msl=1000`, `net.ipv4.tcp_sack=0`, `/proc/sys/net/ipv4/tcp_sack=0`. */
function readSysctl(assignments: string, command: string): Order[] {
  const found = [...assignments.matchAll(ASSIGNMENT)];
  if (found.length === 0) return [{ kind: 'ignored', text: command }];
  return found.map(([, path = '', quoted = '']) => {
    const name = path.replace(/^\/proc\/sys\//, '').replaceAll('/', '.');
    const value = quoted.replace(/^["'](.*)["']$/, '$1');
    const text = `${name}=${value}`;
    const effect = knobEffect(name, value);
    if (effect === 'ignored') return { kind: 'ignored', text };
    if ('unsupported' in effect) return { kind: 'lacking', text, what: effect.unsupported };
    return { kind: 'knob', name, text, tcp: effect };
  });
}

/** `sockstat ... | grep -c STATE | grep 1`: how many sockets are in a state; what picks packetdrill's own is passed over. */
function readSockstat(command: string): Order {
  const stages = command.split('|').map((stage) => stage.trim());
  const counted = stages.map((stage) => /^grep (?:-\w )*-c "?(\w+)"?$/.exec(stage)?.[1]);
  const at = counted.findIndex((name) => name !== undefined);
  const state = stateNamed(counted[at] ?? '');
  const count = /^grep (?:-q )?([01])$/.exec(stages[at + 1] ?? '')?.[1];
  const picks = stages
    .slice(1, at)
    .every((stage) => /^grep (?:-\w )*"?(?:packetd\w*|tcp\w*|\d+)"?$/.test(stage));
  if (state === undefined || count === undefined || !picks || stages.length !== at + 2) {
    return unsupported(command);
  }
  return { kind: 'state', state, count: Number(count) };
}

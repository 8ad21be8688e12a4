/**
 * Reads a script: its options, and events with their times. Both dialects, Google's and nplab's (`#ifdef`), in one.
 * What is understood but cannot be played is kept as such, so that the runner can say so.
 */
import { MOST_EVENTS } from './limits.ts';
import { parseCall } from './parseExpression.ts';
import { parsePacket } from './parsePacket.ts';
import { type Definitions, preprocess } from './preprocess.ts';
import { Scanner } from './scanner.ts';
import type { Action, EventTime, Script, ScriptEvent, ScriptSetting } from './script.ts';

/**
 * Reads a script.
 * `name` is what errors call it; `definitions` are those of -D.
 * @throws ScriptSyntaxError with name, line and column
 */
export function parseScript(text: string, name: string, definitions: Definitions = new Map()): Script {
  const scanner = new Scanner(preprocess(text, name, definitions), name);
  const settings = parseSettings(scanner);
  const initCommand = scanner.take('`') ? scanner.upTo('`', 'this command') : undefined;
  const events: ScriptEvent[] = [];
  let cleanupCommand: string | undefined;
  while (!scanner.done) {
    if (scanner.take('`')) {
      cleanupCommand = scanner.upTo('`', 'this command');
      if (!scanner.done) scanner.fail('nothing may follow the last command; an event begins with its time');
    } else if (events.length < MOST_EVENTS) events.push(parseEvent(scanner));
    else scanner.fail(`more than ${MOST_EVENTS} events`);
  }
  return { name, settings, initCommand, events, cleanupCommand };
}

/** `--name=value` and `--name`, before everything else. */
function parseSettings(scanner: Scanner): ScriptSetting[] {
  const settings: ScriptSetting[] = [];
  while (scanner.sees('--')) {
    const place = scanner.placeOf(scanner.at);
    scanner.take('--');
    const name = scanner.matchHere(/[A-Za-z_]\w*/y);
    if (name === undefined) scanner.fail(`expected the name of an option, found ${scanner.next}`);
    const value = scanner.matchHere(/=(?:"[^"\n]*"|`[^`]*`|\S*)/y)?.slice(1) ?? '';
    settings.push({ name, value: value.replace(/^"(.*)"$/, '$1'), place });
  }
  return settings;
}

function parseEvent(scanner: Scanner): ScriptEvent {
  scanner.skip();
  const start = scanner.at;
  const place = scanner.placeOf(start);
  const time = parseTime(scanner);
  const action = parseAction(scanner, time);
  checkTime(scanner, start, time, action);
  return { place, time, action, text: oneLine(scanner.text.slice(start, scanner.at)) };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function parseTime(scanner: Scanner): EventTime {
  if (scanner.take('*')) return { kind: 'any' };
  const start = scanner.at;
  const kind = scanner.take('+') ? 'relative' : 'absolute';
  const at = scanner.seconds();
  if (at === undefined) scanner.fail(`expected the time of an event, found ${scanner.next}`, start);
  if (!scanner.take('~')) return { kind, at, until: at };
  if (kind === 'relative') scanner.expect('+', 'before the end of a relative range');
  const until = scanner.seconds();
  if (until === undefined) scanner.fail(`expected the end of the range, found ${scanner.next}`);
  if (until < at) scanner.fail('this range ends before it begins', start);
  return { kind, at, until };
}

function parseAction(scanner: Scanner, time: EventTime): Action {
  if (scanner.take('`')) return { kind: 'command', text: scanner.upTo('`', 'this command') };
  if (scanner.take('%{')) return { kind: 'code', text: scanner.upTo('}%', 'this code') };
  if (scanner.take('...')) {
    const end = scanner.seconds();
    if (end === undefined) scanner.fail(`expected the time when the call returns, found ${scanner.next}`);
    if (time.kind !== 'any' && end < time.at) scanner.fail('this call returns before it begins');
    return parseCall(scanner, end);
  }
  if (scanner.take('<')) return parsePacket(scanner, true);
  if (scanner.take('>')) return parsePacket(scanner, false);
  return parseCall(scanner, undefined);
}

/** `*` and ranges say when something may be sent; what we do ourselves has one time. */
function checkTime(scanner: Scanner, start: number, time: EventTime, action: Action): void {
  const sent = (action.kind === 'packet' || action.kind === 'icmp') && !action.inbound;
  if (sent || action.kind === 'unsupported') return;
  if (time.kind === 'any') scanner.fail("the time '*' is for packets that are sent ('>')", start);
  if (time.at !== time.until) scanner.fail("a range of times is for packets that are sent ('>')", start);
}

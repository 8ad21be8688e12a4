/**
 * The programs at both ends of a playground: a server with a dictionary that also takes files, and a client that is told
 * what to do. What they say is in the trace as the application's words.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Host } from '../tcp/host.ts';
import { KEY_VALUE_PORT } from './demo.ts';
import { MemoryStore } from './keyValue.ts';
import { KeyValueClient } from './keyValueClient.ts';
import { serveKeyValue } from './keyValueServer.ts';
import { madeUp, type PlaygroundAction } from './playgroundInput.ts';
import type { TransferEnd } from './transfer.ts';
import { TRANSFER_PORT } from './transferFrames.ts';
import { FileReceiver, type TransferSink } from './transferReceiver.ts';
import { FileSender, type TransferSource } from './transferSender.ts';

/** Says something at an end. */
export type Say = (what: string, text: string) => void;

/** Has the host answer commands, and take files, from now on. */
export function startServer(host: Host, say: Say): void {
  const store = new MemoryStore();
  host.listen({ port: KEY_VALUE_PORT, onConnection: (connection) => serveKeyValue(connection, store) });
  host.listen({
    port: TRANSFER_PORT,
    onConnection: (connection) => {
      const receiver: FileReceiver = new FileReceiver(connection, {
        hasher: sha256.create(),
        open: () => NOWHERE,
        onEnd: (end) => say('file received', endText(receiver.header?.name, receiver.received, end)),
      });
    },
  });
}

/** A file is received to see it arrive: its SHA-256 says that it is right, nobody keeps it. */
const NOWHERE: TransferSink = {
  write: (_bytes, done) => done(),
  finish: (done) => done(),
  discard: () => {},
};

function endText(name: string | undefined, size: number, { what, why }: TransferEnd): string {
  return `${name ?? 'a file'}: ${what}, ${size} bytes${why === '' ? '' : ` (${why})`}`;
}

/** The client's program. */
export class PlaygroundClient {
  readonly #host: Host;
  readonly #server: string;
  readonly #say: Say;
  /** The connection for commands, while more may be given. */
  #session: KeyValueClient | undefined;

  /** `server`: the server's address. */
  constructor(host: Host, server: string, say: Say) {
    this.#host = host;
    this.#server = server;
    this.#say = say;
  }

  /** Does what a person asked for, now. */
  act(action: Exclude<PlaygroundAction, { kind: 'link' }>): void {
    if (action.kind === 'command') {
      this.#session ??= this.#open();
      this.#session.send(action.text);
    } else if (action.kind === 'file') {
      this.#send(action.name, action.bytes ?? madeUp(action.size));
    } else {
      this.#session?.finish();
      this.#session = undefined;
    }
  }

  #open(): KeyValueClient {
    const connection = this.#host.connect({ address: this.#server, port: KEY_VALUE_PORT });
    const session: KeyValueClient = new KeyValueClient(connection, {
      engine: this.#host.engine,
      scope: connection.scope,
      instance: this.#host.nextInstance(),
      onCommand: (command) => this.#say('command', command),
      onAnswer: (_command, answer) => this.#say('answer', answer),
      onEnd: (reason) => {
        if (this.#session === session) this.#session = undefined;
        if (reason !== 'finished') this.#say('session ended', reason);
      },
    });
    return session;
  }

  #send(name: string, bytes: Uint8Array): void {
    const connection = this.#host.connect({ address: this.#server, port: TRANSFER_PORT });
    this.#say('file', `${name}: ${bytes.length} bytes`);
    new FileSender(connection, {
      source: sourceOf(name, bytes),
      hasher: sha256.create(),
      onEnd: (end) => this.#say('file sent', endText(name, bytes.length, end)),
    });
  }
}

const PIECE = 1 << 16;

function sourceOf(name: string, bytes: Uint8Array): TransferSource {
  let at = 0;
  return {
    name,
    size: bytes.length,
    pull: (give) => {
      const piece = bytes.subarray(at, at + PIECE);
      at += piece.length;
      give(piece);
    },
  };
}

/** One run of the client: a connection, its session, where its commands come from, and how it went. */
import { KeyValueClient, type SessionEnd } from '../src/app/keyValueClient.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { formatEndpoint, parseAddress } from '../src/wire/address.ts';
import type { ClientFlags } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { EXIT, Failure, usage } from './failure.ts';
import { InputCommands } from './inputCommands.ts';
import type { Io } from './io.ts';
import { silence } from './keepAlive.ts';
import { Prompt } from './prompt.ts';
import { History } from './promptHistory.ts';
import { KnownKeys, statusText } from './promptText.ts';
import { endCodes, endText } from './sessionEnd.ts';
import { count, duration, packets, shown } from './words.ts';

/** Longest answer, bytes: a LIST of all that a dictionary may hold. */
const LONGEST_ANSWER = 1 << 27;

export class Conversation {
  readonly #endpoint: Endpoint;
  readonly #flags: ClientFlags;
  readonly #io: Io;
  readonly #server: string;
  readonly #keys = new KnownKeys();
  readonly #halt = new AbortController();
  #connection!: Connection;
  #session!: KeyValueClient;
  #prompt: Prompt | undefined;
  #input: InputCommands | undefined;
  #connected = false;
  /** us of TCP's time: when it began, when the command under way was sent. */
  #began = 0;
  #asked = 0;
  /** Commands given, and answered. */
  #commands = 0;
  #answers = 0;
  /** A command was typed while another one had no answer: which answer is whose is to be told. */
  #ahead = false;
  /** It was us who had no more to ask. */
  #finished = false;
  /** `--timeout` is over. */
  #late = false;
  #end: SessionEnd | undefined;
  #over!: (end: SessionEnd) => void;

  constructor(endpoint: Endpoint, flags: ClientFlags, io: Io) {
    this.#endpoint = endpoint;
    this.#flags = flags;
    this.#io = io;
    endpoint.warn = (text) => this.#say(text);
    this.#server = formatEndpoint(parseAddress(flags.to.address), flags.to.port);
  }

  /**
   * From the first SYN to the last.
   * @returns what the shell is told
   * @throws {Failure} when it went wrong
   */
  async run(): Promise<number> {
    const { stop } = this.#io;
    const timer = this.#giveUpLater();
    const interrupt = (): void => this.#interrupt();
    try {
      const end = new Promise<SessionEnd>((resolve) => {
        this.#over = resolve;
      });
      this.#connect();
      this.#askFor();
      stop.addEventListener('abort', interrupt, { once: true });
      if (stop.aborted) interrupt();
      this.#io.onHalt(() => this.#reset());
      this.#end = await Promise.race([end, this.#endpoint.broken]);
      this.#hangUp();
      if (this.#end === 'finished' && !this.#finished) this.#say(endText('finished', this.#server, ''));
      this.#report(this.#end);
      await Promise.race([this.#endpoint.settled(this.#halt.signal), this.#endpoint.broken]);
      return this.#verdict(this.#end);
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', interrupt);
      this.#hangUp();
    }
  }

  #giveUpLater(): NodeJS.Timeout | undefined {
    const { timeout, speed } = this.#flags;
    if (timeout === undefined) return undefined;
    return setTimeout(
      () => {
        if (this.#connected) return;
        this.#late = true;
        this.#endpoint.perform(() => this.#connection.abort());
      },
      (timeout * 1000) / speed,
    );
  }

  #connect(): void {
    const endpoint = this.#endpoint;
    const commands = this.#flags.exec;
    this.#began = endpoint.runner.now();
    endpoint.perform(() => {
      const { address, port } = this.#flags.to;
      this.#connection = usage('--to', () => endpoint.host.connect({ address, port }));
      this.#session = new KeyValueClient(this.#connection, {
        engine: endpoint.engine,
        scope: this.#connection.scope,
        instance: endpoint.host.nextInstance(),
        commands,
        lineLimit: LONGEST_ANSWER,
        onEstablished: () => this.#established(),
        onCommand: (command) => this.#sent(command),
        onAnswer: (command, answer) => this.#answered(command, answer),
        onEnd: (end) => this.#over(end),
      });
      this.#commands = commands.length;
    });
    const { local } = this.#connection;
    const own = formatEndpoint(local.address, local.port);
    this.#say(`connecting to ${this.#server} from ${own} on ${this.#flags.channel.name}`);
  }

  /** From the command line, the terminal, or whatever else standard input is. */
  #askFor(): void {
    const { input, liveErr } = this.#io;
    if (this.#flags.exec.length > 0) this.#finish();
    else if (input.isTTY === true && liveErr) this.#prompt = this.#openPrompt();
    else {
      this.#input = new InputCommands(input, {
        waiting: () => this.#session.waiting,
        command: (text) => this.#give(text),
        end: () => this.#finish(),
        bad: () => this.#stop(),
      });
    }
  }

  #openPrompt(): Prompt {
    return new Prompt(this.#io, {
      keys: this.#keys,
      history: new History(),
      status: () => this.#status(),
      command: (text) => this.#give(text),
      quit: () => this.#finish(),
      // As a key it is no signal; the program's own handling of signals is the one place that decides
      interrupt: () => process.kill(process.pid, 'SIGINT'),
    });
  }

  #status(): string {
    const { state, config } = this.#connection;
    return statusText({
      state,
      info: this.#connection.status(),
      pending: this.#commands - this.#answers,
      ...(config.arq !== 'tcp' && { window: config.window }),
    });
  }

  #give(command: string): void {
    if (this.#commands > this.#answers) this.#ahead = true;
    this.#commands += 1;
    this.#endpoint.perform(() => this.#session.send(command));
  }

  // From the session

  #established(): void {
    this.#connected = true;
    this.#say(`connected after ${duration(this.#endpoint.runner.now() - this.#began)}`);
  }

  #sent(command: string): void {
    this.#asked = this.#endpoint.runner.now();
    this.#endpoint.app('command', command);
  }

  #answered(command: string, answer: string): void {
    this.#answers += 1;
    this.#endpoint.app('answer', answer);
    this.#keys.learn(command, answer);
    const ms = (this.#endpoint.runner.now() - this.#asked) / 1000;
    if (this.#flags.json) this.#record({ kind: 'answer', command, answer, ms });
    else if (this.#prompt !== undefined)
      this.#prompt.print(this.#ahead ? `${shown(command)} -> ${answer}` : answer);
    else this.#io.out(this.#io.color ? `${shown(command)} -> ${shown(answer)}\n` : `${answer}\n`);
    if (this.#answers === this.#commands) this.#ahead = false;
    this.#input?.goOn();
    if (this.#io.unread) this.#stop();
  }

  // Ends

  /** Ctrl-C: no more commands; a FIN as soon as the one under way has its answer. */
  #interrupt(): void {
    if (this.#end !== undefined) return;
    this.#hangUp();
    if (this.#connected) this.#say('closes the connection; Ctrl-C again resets it');
    if (this.#connected) this.#stop();
    else this.#endpoint.perform(() => this.#connection.abort());
  }

  /** All that was given is still asked. */
  #finish(): void {
    this.#finished = true;
    this.#endpoint.perform(() => this.#session.finish());
  }

  /** Nothing more is asked. */
  #stop(): void {
    this.#finished = true;
    this.#endpoint.perform(() => this.#session.stop());
  }

  #reset(): void {
    this.#endpoint.perform(() => this.#connection.abort());
    this.#halt.abort();
  }

  /** Takes no more commands from anybody. */
  #hangUp(): void {
    this.#prompt?.close();
    this.#input?.close();
  }

  #report(end: SessionEnd): void {
    const { counters } = this.#connection;
    const retransmits = counters.retransmitsByTimer + counters.retransmitsFast;
    const time = this.#endpoint.runner.now() - this.#began;
    const figures = packets(this.#endpoint.host.counters);
    this.#say(
      `${count(this.#answers, 'answer')} in ${duration(time)}; ${figures}, ${retransmits} sent again`,
    );
    const { packetsIn, packetsOut, discarded } = this.#endpoint.host.counters;
    const sizes = {
      commands: this.#commands,
      answers: this.#answers,
      packetsIn,
      packetsOut,
      retransmits,
      discarded,
    };
    if (this.#flags.json)
      this.#record({ kind: 'summary', end: this.#late ? 'timedOut' : end, ms: time / 1000, ...sizes });
  }

  #verdict(end: SessionEnd): number {
    if (this.#io.stop.aborted) return this.#io.stop.reason as number;
    if (this.#io.unread) return EXIT.fine;
    if (this.#input?.objection !== undefined) throw new Failure(EXIT.usage, this.#input.objection);
    if (this.#late) {
      throw new Failure(EXIT.timedOut, `no answer from ${this.#server} within ${this.#flags.timeout} s`);
    }
    if (end === 'finished' && this.#input?.ended !== false) return EXIT.fine;
    const text = endText(end, this.#server, silence(this.#connection));
    const given = this.#connected ? ` after ${count(this.#answers, 'answer')} of ${this.#commands}` : '';
    throw new Failure(endCodes[end] || EXIT.application, text + given);
  }

  #say(text: string): void {
    if (this.#prompt === undefined) this.#endpoint.log(text);
    else this.#prompt.around(() => this.#endpoint.log(text));
  }

  #record(record: object): void {
    this.#io.out(`${JSON.stringify(record)}\n`);
  }
}

/** The small programs of the reference test, by what they look at. Each is run with node:net and with statewire/net. */
import type { Program } from './lab.ts';
import { argumentPrograms } from './programsArguments.ts';
import { closingPrograms } from './programsClosing.ts';
import { connectPrograms } from './programsConnect.ts';
import { dataPrograms } from './programsData.ts';
import { serverPrograms } from './programsServer.ts';
import { socketPrograms } from './programsSocket.ts';

export interface NamedProgram {
  readonly name: string;
  readonly program: Program;
}

const groups: Readonly<Record<string, Readonly<Record<string, Program>>>> = {
  arguments: argumentPrograms,
  connecting: connectPrograms,
  data: dataPrograms,
  closing: closingPrograms,
  server: serverPrograms,
  socket: socketPrograms,
};

export const programs: readonly NamedProgram[] = Object.entries(groups).flatMap(([group, all]) =>
  Object.entries(all).map(([name, program]) => ({ name: `${group}: ${name}`, program })),
);

/** What may be chosen when a file channel is opened, and what is so unless it is. */
export interface FileChannelOptions {
  /** A log goes on in a new file after about so many bytes; 4 MiB unless given. */
  readonly pieceBytes?: number;
  /** More than so many bytes of its log that somebody has not read are dropped (`full`); 64 MiB unless given. */
  readonly unreadBytes?: number;
  /** The directory is looked at this often when nothing tells of a change, ms; 200 unless given. */
  readonly pollInterval?: number;
  /** False: the file system is not asked to tell of changes. True unless given. */
  readonly watch?: boolean;
}

/** With nothing left out. */
export type Settings = Required<FileChannelOptions>;

const DEFAULTS: Settings = { pieceBytes: 4_194_304, unreadBytes: 67_108_864, pollInterval: 200, watch: true };

/** Throws a RangeError when an option makes no sense. */
export function checkOptions(options: FileChannelOptions): Settings {
  const settings = { ...DEFAULTS, ...options };
  for (const name of ['pieceBytes', 'unreadBytes', 'pollInterval'] as const) {
    const value = settings[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} must be a whole number above 0, not ${value}`);
    }
  }
  return settings;
}

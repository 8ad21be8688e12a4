/** The run that the page is tested and photographed with: a value that fills many segments, and all that can happen to one. */

/** Flags of `statewire demo`. */
export const EXAMPLE = [
  ...['--profile', 'lan', '--delay', '20', '--rate', '1M', '--mss', '100', '--seed', '1', '--quiet'],
  ...['--command', `PUT,letter,${'x'.repeat(4000)}`, '--command', 'GET,letter'],
  ...['--fault', 'drop client>server data 14'],
  ...['--fault', 'delay 30 client>server data 25'],
  ...['--fault', 'corrupt server>client data 20'],
  ...['--fault', 'duplicate client>server data 30'],
] as const;

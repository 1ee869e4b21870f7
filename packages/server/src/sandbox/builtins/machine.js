/** `os` and `tty`: what packages ask for before they colour a line or name themselves. They learn nothing of the machine. */
export const tty = { isatty: () => false }

export const os = {
  EOL: '\n',
  arch: () => 'x64',
  constants: { signals: {} },
  cpus: () => [],
  endianness: () => 'LE',
  homedir: () => '/',
  hostname: () => 'localhost',
  networkInterfaces: () => ({}),
  platform: () => 'linux',
  release: () => '',
  tmpdir: () => '/tmp',
  type: () => 'Linux',
}

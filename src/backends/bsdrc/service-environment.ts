/** What a script gets of the caller's environment: time limits of our own functions alone. */
const passed = new Set(['NIXPROC_START_TIMEOUT', 'NIXPROC_STOP_TIMEOUT']);

/** The environment that service(8) of FreeBSD gives to scripts, which is that of the boot; as changes to the caller's. */
export const serviceEnvironment = (
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> => ({
  ...Object.fromEntries(
    Object.keys(environment)
      .filter((name) => !passed.has(name))
      .map((name) => [name, undefined]),
  ),
  HOME: '/',
  PATH: '/sbin:/bin:/usr/sbin:/usr/bin',
});
